"""How a network that embeds faces wants to be used: what its entry in assets.toml says beside where it comes from."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from models.align import ALIGNMENTS


class EmbedderDescription(BaseModel):
    """Input, output and place beside other embedders; comments in assets.toml explain the fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: Annotated[int, Field(gt=0)]
    colour: Literal["rgb", "bgr"]
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: Annotated[float, Field(gt=0)] = 1.0
    alignment: str
    dimension: Annotated[int, Field(gt=0)]
    metric: Literal["cosine", "hellinger"]
    mirrored: str | None = None
    weight: Annotated[float, Field(gt=0)] = 1.0
    companion: str | None = None

    @field_validator("alignment", "mirrored")
    @classmethod
    def _known(cls, name: str | None) -> str | None:
        if name is not None and name not in ALIGNMENTS:
            raise ValueError(f"there is no alignment {name!r}; there are: {', '.join(ALIGNMENTS)}")
        return name

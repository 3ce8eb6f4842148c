"""What is known of an enrolled person beside the face."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from sync.contract import Slug, WireModel


class Details(WireModel):
    """The agency's words about a person, or what was typed in at the wall.

    `nip` is only ever shown masked. `pin` is an argon2id hash in its usual text form. `schedule` names one of the
    policy's; null means its default. `officer` may enrol people at the kiosk. Neither NIP nor PIN is printed.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    name: str
    title: Literal["Bapak", "Ibu"] | None = None
    nip: Annotated[str | None, Field(repr=False)] = None
    schedule: Slug | None = None
    pin: Annotated[str | None, Field(repr=False)] = None
    officer: bool = False

    @property
    def called(self) -> str:
        """How the screen calls the person: Ibu Siti."""
        return self.name if self.title is None else f"{self.title} {self.name}"

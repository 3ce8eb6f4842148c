"""From several shots of one person to one template."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.errors import ShotsDisagreeError
from models.gallery import Vector, unit


@dataclass(frozen=True, slots=True)
class Template:
    """The mean of the shots that agree. `agreement[i]` is how near shot i lies to the mean of the other used ones, None
    when it is the only one; `set_aside` are the numbers of the shots that were left out because they are not near."""

    vector: Vector
    agreement: tuple[float | None, ...]
    set_aside: tuple[int, ...]


def template_of(shots: Sequence[Vector], least: float) -> Template:
    """Average unit vectors (d,); a shot that lies further than `least` from the mean of the others is set aside.

    Raises ShotsDisagreeError when not more than half of the shots agree with each other.
    """
    used = list(range(len(shots)))
    while len(used) > 1:
        nearness = {index: _nearness(shots, index, used) for index in used}
        worst = min(used, key=lambda index: nearness[index])
        if nearness[worst] >= least:
            break
        used.remove(worst)
    if 2 * len(used) <= len(shots) and len(shots) > 1:
        raise ShotsDisagreeError("the shots do not agree: they may show different people; take them again")
    agreement = tuple(None if used == [index] else _nearness(shots, index, used) for index in range(len(shots)))
    aside = tuple(index for index in range(len(shots)) if index not in used)
    return Template(unit(np.sum([shots[index] for index in used], axis=0)), agreement, aside)


def _nearness(shots: Sequence[Vector], index: int, used: Sequence[int]) -> float:
    others = np.sum([shots[other] for other in used if other != index], axis=0)
    return float(shots[index] @ unit(others))

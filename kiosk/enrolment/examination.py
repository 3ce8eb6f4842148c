"""Enrolment that checks itself: do the shots agree, is the person already here, who looks alike?"""

from collections.abc import Sequence
from dataclasses import dataclass

from kiosk.people.gallery import EnrolledGallery, MatchPolicy
from kiosk.people.store import Shot
from kiosk.runtime.errors import KioskError
from models.errors import ShotsDisagreeError
from models.gallery import FaceTemplate, template_of

ENOUGH = 3
MOST = 5


class EnrolmentRefusedError(KioskError):
    """These shots cannot be enrolled for this person. `nameless` says why without anybody's name."""

    def __init__(self, text: str, nameless: str) -> None:
        super().__init__(text)
        self.nameless = nameless


@dataclass(frozen=True, slots=True)
class Examination:
    """The template of the shots, and the enrolled people who come close to it: (id, score), the nearest first."""

    template: FaceTemplate
    look_alikes: tuple[tuple[str, float], ...]


def examine(
    person: str,
    shots: Sequence[Shot],
    gallery: EnrolledGallery,
    match_policy: MatchPolicy,
    *,
    although_alike: bool = False,
) -> Examination:
    """Judge the shots of a person who is to be enrolled.

    EnrolmentRefusedError when they do not agree, or show somebody who is enrolled under another id, unless the officer
    has looked and says that they are two people.
    """
    try:
        template = template_of([shot.vector for shot in shots], match_policy.same_person)
    except ShotsDisagreeError as error:
        raise EnrolmentRefusedError(f"{person} is not enrolled: {error}", str(error)) from error
    accepted = gallery.acceptance
    everybody = gallery.templates.near(template.vector, accepted.threshold)
    near = [(other, score) for other, score in everybody if other != person]
    if not although_alike and near and near[0][1] >= accepted.threshold + accepted.wide_margin:
        other, score = near[0]
        raise EnrolmentRefusedError(
            f"{person} is not enrolled: the face is that of {other} ({gallery.names[other]}), score {score:.3f}; "
            "remove one of the two, or give --although-alike if they are two people, such as twins",
            f"the face is that of {other}, score {score:.3f}",
        )
    return Examination(template, tuple(near))

"""Everybody who is enrolled, ready for recognition, and what a match must reach among them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from kiosk.people.acceptance import Judgement, Pair, judge
from kiosk.people.later_shots import LaterShot, kept_up
from kiosk.people.store import EnrolledPerson, People
from models.calibration import Acceptance, Calibration
from models.errors import ShotsDisagreeError
from models.gallery import Gallery, Vector, template_of

# Shots of one person, or frames of one visit, further apart than different people usually are.
_SAME_FMR = 1e-2


@dataclass(frozen=True, slots=True)
class MatchPolicy:
    """What a match must reach with one embedder: its calibration, the wanted false positive identification rate of a
    stranger's visit, and the settings' own threshold and margin where they insist. `lead` and `dimension` are the
    embedder's."""

    calibration: Calibration
    fpir: float
    lead: int
    dimension: int
    threshold: float | None = None
    margin: float | None = None

    def acceptance(self, people: int) -> Acceptance:
        """Returns the acceptance limits for a gallery of `people` people."""
        found = self.calibration.acceptance(self.fpir, people)
        if self.threshold is not None:
            found = replace(found, threshold=self.threshold)
        return found if self.margin is None else replace(found, margin=self.margin)

    @property
    def same_person(self) -> float:
        """Two shots, or two frames of a visit, further apart than this are not taken for one person."""
        return self.calibration.threshold(_SAME_FMR)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The template of a person's enrolment alone, its local date, and the shots of later visits, oldest first."""

    template: Vector
    on: date
    later: tuple[LaterShot, ...]


@dataclass(frozen=True, slots=True)
class EnrolledGallery:
    """The gallery, names for the screen, who works by another schedule than the default one, when a match is accepted,
    who looks like whom, and whose shots do not agree: some set aside (how many), or all (they are not in the gallery).
    `enrolments` has what the templates are made of.
    """

    templates: Gallery
    names: Mapping[str, str]
    schedules: Mapping[str, str]
    acceptance: Acceptance
    look_alikes: frozenset[Pair]
    set_aside: Mapping[str, int]
    left_out: tuple[str, ...]
    enrolments: Mapping[str, Enrolment] = field(default_factory=dict)

    def identify(self, probe: Vector) -> Judgement:
        """Who a unit probe (d,) is."""
        return judge(self.templates.search(probe), self.acceptance, self.look_alikes)


def stored_gallery(people: People, match_policy: MatchPolicy) -> EnrolledGallery:
    """Everybody who is enrolled now, by the match policy's model.

    Raises StoreDamaged, which names a person whose templates are damaged.
    """
    return enrolled_gallery(people.enrolled(match_policy.calibration.model, match_policy.dimension), match_policy)


def enrolled_gallery(enrolled: Mapping[str, EnrolledPerson], match_policy: MatchPolicy) -> EnrolledGallery:
    """One template a person, from the shots of the enrolment that agree and those of later visits that match them."""
    enrolments: dict[str, Enrolment] = {}
    set_aside: dict[str, int] = {}
    left_out = []
    for person, known in enrolled.items():
        try:
            template = template_of(known.shots, match_policy.same_person)
        except ShotsDisagreeError:
            left_out.append(person)
            continue
        enrolments[person] = Enrolment(template.vector, known.enrolled_on, known.later)
        if template.set_aside:
            set_aside[person] = len(template.set_aside)
    acceptance = match_policy.acceptance(len(enrolments))
    templates = {
        person: kept_up(found.template, found.later, acceptance.threshold) for person, found in enrolments.items()
    }
    gallery = Gallery(match_policy.calibration.model, templates, match_policy.lead)
    pairs = frozenset(frozenset((one, other)) for one, other, _ in gallery.look_alikes(acceptance.threshold))
    names = {person: known.name for person, known in enrolled.items()}
    schedules = {person: known.schedule for person, known in enrolled.items() if known.schedule is not None}
    return EnrolledGallery(gallery, names, schedules, acceptance, pairs, set_aside, tuple(left_out), enrolments)

"""Recognition on other days than that of enrolment: sittings of people, played to the kiosk as visits.

A sitting is a folder with one day's pictures of a person, in order. It takes the daemon's own path, liveness off.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from camera.files import IMAGE_SUFFIXES, FileCamera
from kiosk.app import parts
from kiosk.app.liveness import prover, repeatable
from kiosk.enrolment.examination import ENOUGH
from kiosk.lab.evaluation.report import Document
from kiosk.lab.padtest.enrolment import film_shots
from kiosk.people import EnrolledGallery, EnrolledPerson, MatchPolicy, enrolled_gallery
from kiosk.recognition.outcome import VisitOutcome
from kiosk.recognition.pipeline import FacePipeline
from kiosk.recognition.recognition import outcomes
from kiosk.runtime.errors import UsageError
from kiosk.settings import Settings
from models.evaluation import exact_upper_bound
from models.gallery import Vector

FILL_PREFIX: Final = "fill:"
"""Begins the ids of people who only fill a gallery: they may be called like one of the people who come."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """One day's pictures of a person."""

    person: str
    day: str
    folder: Path


def sittings_in(folder: Path) -> list[Sitting]:
    """The sittings of a folder: `PERSON/DAY/` in it, or `PERSON_..._DAY/`. Pictures are played in order of name.

    Raises UsageError when nobody has sat on two days.
    """
    if not folder.is_dir():
        raise UsageError(
            f"{folder} is not a folder; give one with a folder for each person, and in it one for each day"
        )
    found = [sitting for sub in sorted(folder.iterdir()) if sub.is_dir() for sitting in _sittings_of(sub)]
    days = Counter(sitting.person for sitting in found)
    if max(days.values(), default=0) < 2:
        raise UsageError(f"{folder} shows nobody on two days; it needs folders PERSON/DAY, or PERSON_..._DAY")
    return found


def _sittings_of(folder: Path) -> Iterator[Sitting]:
    if _has_pictures(folder):
        person, _, day = folder.name.partition("_")
        yield Sitting(person, day.rpartition("_")[2], folder)
        return
    for sub in sorted(folder.iterdir()):
        if sub.is_dir() and _has_pictures(sub):
            yield Sitting(folder.name, sub.name, sub)


def _has_pictures(folder: Path) -> bool:
    return any(path.suffix.lower() in IMAGE_SUFFIXES for path in folder.iterdir())


@dataclass(frozen=True, slots=True)
class DayEnrolment:
    """The shots of a sitting, and how many of its pictures were refused for what. Too few shots enrol nobody."""

    sitting: Sitting
    shots: tuple[Vector, ...]
    refused: Counter[str]

    @property
    def enrols(self) -> bool:
        """Whether there are shots enough."""
        return len(self.shots) >= ENOUGH


Result = Literal["identified", "another", "unknown", "refused", "nobody"]
"""How a visit ended; `another` is identified as another person, `nobody` without any outcome."""


@dataclass(frozen=True, slots=True)
class DayVisit:
    """A sitting played against a gallery of `size` people, in which its person is enrolled from another day.

    `result` is that of the first try. `at_last` says whether the person was identified by the end of the sitting,
    `score` and `reasons` are of the first try.
    """

    size: int
    enrolled: str
    visited: Sitting
    result: Result
    at_last: bool
    score: float | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DayTrial:
    """The kiosk that sittings are played to, at `fps` pictures a second."""

    settings: Settings
    pipeline: FacePipeline
    match_policy: MatchPolicy
    fps: float

    def enrolment(self, sitting: Sitting) -> DayEnrolment:
        """The enrolment from a sitting: the first good pictures, half a second apart."""
        self.pipeline.forget()
        with FileCamera(sitting.folder, loop=False, fps=self.fps) as camera:
            found = film_shots(camera, self.pipeline)
        return DayEnrolment(sitting, tuple(vector for _, vector in found.shots), found.refused)

    def visits(
        self, enrolments: Sequence[DayEnrolment], fill: Mapping[str, EnrolledPerson], sizes: Sequence[int]
    ) -> Iterator[DayVisit]:
        """Everybody who can be enrolled on a day comes on all their other days, to a gallery of each size.

        The gallery holds the other people of the sittings too, each from the first day that enrols them, and is filled
        up from `fill` in its order.
        """
        for own in enrolments:
            others = [one.sitting for one in enrolments if _other_day(own.sitting, one.sitting)]
            if not own.enrols or not others:
                continue
            for size in sizes:
                gallery = enrolled_gallery(_filled(own, enrolments, fill, size), self.match_policy)
                for other in others:
                    yield self._visit(own.sitting.day, other, gallery)

    def _visit(self, enrolled: str, visited: Sitting, gallery: EnrolledGallery) -> DayVisit:
        size = len(gallery.templates)
        tries = list(self._tries(visited, gallery))
        if not tries:
            return DayVisit(size, enrolled, visited, "nobody", at_last=False, score=None, reasons=())
        first, results = tries[0], [_result(outcome, visited.person) for outcome in tries]
        score = None if first.nearest is None else first.nearest.score
        # Who is taken for another person at any try is an error, however the first try ended.
        result = "another" if "another" in results else results[0]
        reasons = tuple(str(reason) for reason, _ in first.reasons) or ((first.verdict,) if first.verdict else ())
        return DayVisit(size, enrolled, visited, result, "identified" in results, score, reasons)

    def _tries(self, visited: Sitting, gallery: EnrolledGallery) -> Iterator[VisitOutcome]:
        """The outcomes of a sitting, up to the one that identifies somebody."""
        policy = self.match_policy
        proving = prover(lambda: "off", policy.same_person, repeatable(0))
        recognition = parts.recognition(self.settings, self.pipeline, gallery, policy, proving)
        self.pipeline.forget()
        with FileCamera(visited.folder, loop=False, fps=self.fps) as camera:
            for outcome in outcomes(camera, recognition):
                yield outcome
                if outcome.kind == "identified":
                    return


def _other_day(own: Sitting, other: Sitting) -> bool:
    return other.person == own.person and other.day != own.day


def _filled(
    own: DayEnrolment, enrolments: Sequence[DayEnrolment], fill: Mapping[str, EnrolledPerson], size: int
) -> dict[str, EnrolledPerson]:
    """A gallery of `size` people: who is looked at, the others of the sittings, and as many of `fill` as it takes."""
    enrolled = {own.sitting.person: EnrolledPerson(own.sitting.person, own.shots)}
    for one in enrolments:
        if one.enrols:
            enrolled.setdefault(one.sitting.person, EnrolledPerson(one.sitting.person, one.shots))
    for person, known in fill.items():
        if len(enrolled) >= size:
            break
        enrolled[FILL_PREFIX + person] = known
    return enrolled


def _result(outcome: VisitOutcome, person: str) -> Result:
    if outcome.kind == "identified":
        return "identified" if outcome.nearest is not None and outcome.nearest.person == person else "another"
    return "refused" if outcome.kind == "refused" else "unknown"


def document(enrolments: Sequence[DayEnrolment], visits: Sequence[DayVisit], match_policy: MatchPolicy) -> Document:
    """The document that `kiosk evaluate-days --json` writes."""
    sizes = sorted({visit.size for visit in visits})
    return {
        "model": match_policy.calibration.model,
        "sittings": [
            {
                "person": one.sitting.person,
                "day": one.sitting.day,
                "shots": len(one.shots),
                "refused": dict(one.refused.most_common()),
            }
            for one in enrolments
        ],
        "galleries": [_counts([visit for visit in visits if visit.size == size], match_policy) for size in sizes],
        "visits": [_row(visit) for visit in visits],
    }


def _counts(visits: Sequence[DayVisit], match_policy: MatchPolicy) -> Document:
    """What became of all visits to galleries of one size. A person is missed who was missed at any visit."""
    people = {visit.visited.person for visit in visits}
    missed = [visit for visit in visits if visit.result != "identified"]
    another = [visit for visit in visits if visit.result == "another"]
    results = Counter(visit.result for visit in visits)
    refused = Counter(visit.reasons[0] for visit in visits if visit.result == "refused" and visit.reasons)
    size = visits[0].size
    return {
        "n": size,
        "threshold": round(match_policy.acceptance(size).threshold, 4),
        "visits": len(visits),
        "people": len(people),
        "results": {result: results[result] for result in get_args(Result)},
        "identified_at_last": sum(visit.at_last for visit in visits),
        "refused": dict(refused.most_common()),
        "missed": _rates(missed, len(visits), len(people)),
        "another": _rates(another, len(visits), len(people)),
    }


def _rates(errors: Sequence[DayVisit], visits: int, people: int) -> Document:
    """The share of visits and of people with an error, each with its one-sided 95 % upper bound."""
    erring = len({visit.visited.person for visit in errors})
    return {
        "share": round(len(errors) / visits, 4),
        "upper95": round(exact_upper_bound(len(errors), visits), 4),
        "people": erring,
        "people_upper95": round(exact_upper_bound(erring, people), 4),
    }


def _row(visit: DayVisit) -> Document:
    return {
        "n": visit.size,
        "person": visit.visited.person,
        "enrolled": visit.enrolled,
        "visited": visit.visited.day,
        "result": visit.result,
        "at_last": visit.at_last,
        "score": None if visit.score is None else round(visit.score, 4),
        "reasons": list(visit.reasons),
    }


def lines(found: Document) -> Iterator[str]:
    """The document as text, for people."""
    yield f"{'model':12}{found['model']}"
    unable = [sitting for sitting in found["sittings"] if sitting["shots"] < ENOUGH]
    count = len(found["sittings"])
    yield f"{'enrolment':12}{count - len(unable)} of {count} sittings give shots enough"
    for sitting in unable:
        few = f"{sitting['shots']} shots, refused {_listed(sitting['refused'])}"
        yield f"{'':12}{sitting['person']}, day {sitting['day']}: {few}"
    for row in found["visits"]:
        why = "" if row["result"] == "identified" else f", {' '.join(row['reasons'])}"
        score = "no score" if row["score"] is None else f"score {row['score']:.3f}"
        days = f"{row['person']}, enrolled on day {row['enrolled']}, on day {row['visited']}"
        yield f"{'1:' + str(row['n']):12}{days}: {row['result']}, {score}{why}"
    for row in found["galleries"]:
        yield from _gallery_lines(row)


def _gallery_lines(row: Document) -> Iterator[str]:
    results, missed, another = row["results"], row["missed"], row["another"]
    yield (
        f"{'1:' + str(row['n']):12}{row['visits']} visits of {row['people']} people from {row['threshold']:.3f} on: "
        f"{_listed(results)}; {row['identified_at_last']} identified by the end of the sitting"
    )
    if row["refused"]:
        yield f"{'':12}refused for {_listed(row['refused'])}"
    for name, rates in (("missed", missed), ("as another", another)):
        yield (
            f"{'':12}{name}: {rates['share']:.1%} of visits (95 % below {rates['upper95']:.1%}), "
            f"{rates['people']} of {row['people']} people (95 % below {rates['people_upper95']:.1%})"
        )


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())

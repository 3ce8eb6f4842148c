"""One presentation before a kiosk, and what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from camera import open_camera
from kiosk import build
from kiosk.errors import PhotoError
from kiosk.padtest.presentations import Presentation
from kiosk.people import Roll, Standard
from kiosk.rules.liveness import Level
from kiosk.rules.outcome import Outcome
from kiosk.settings import Settings
from kiosk.sight.liveness import prover, repeatable
from kiosk.sight.look import Looker
from kiosk.sight.recognition import outcomes
from models.liveness.network import LivenessNetworks

# No presentation is watched for longer: an image has no end, and a kiosk is out of patience long before.
_UNTIL_S = 30.0


@dataclass(frozen=True, slots=True)
class Trial:
    """A presentation, whether it was accepted, the seconds of video from its first good frame to the decision, and
    the outcome that decided; None when nobody was seen."""

    presentation: Presentation
    accepted: bool
    decided_s: float
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Bench:
    """The kiosk under test: the daemon's own path, at a level, before a roll.

    What it asks of a presentation comes from the seed and the URL, whatever was presented before.
    """

    settings: Settings
    looker: Looker
    roll: Roll
    level: Level
    seed: int
    network: LivenessNetworks | None = None

    @property
    def standard(self) -> Standard:
        """What a match must reach."""
        return build.standard(self.settings, self.looker.embedder)

    def present(self, presentation: Presentation) -> Trial:
        """Let a kiosk that has seen nobody yet watch a presentation until it decides.

        PhotoError names a presentation that cannot be drawn.
        """
        standard, asked = self.standard, repeatable(f"{self.seed} {presentation.url}")
        proving = prover(lambda: self.level, standard.same_person, asked, self.network)
        recognition = build.recognition(self.settings, self.looker, self.roll, standard, proving)
        self.looker.forget()
        try:
            with open_camera(presentation.url, mesh_of=build.mesh_of) as camera:
                return judge(presentation, outcomes(camera, recognition, _UNTIL_S))
        except PhotoError as error:
            raise PhotoError(f"{presentation.url} cannot be presented: {error}") from error


def judge(presentation: Presentation, outcomes: Iterable[Outcome]) -> Trial:
    """What the outcomes of visits say of a presentation; no outcome is a refusal. To identify somebody else decides
    nothing."""
    for outcome in outcomes:
        if outcome.kind != "identified":
            return Trial(presentation, accepted=False, decided_s=outcome.decided_s, outcome=outcome)
        if outcome.nearest is not None and presentation.person in {None, outcome.nearest.person}:
            return Trial(presentation, accepted=True, decided_s=outcome.decided_s, outcome=outcome)
    return Trial(presentation, accepted=False, decided_s=0.0)

"""An officer enrols somebody who is known by the roster, before the kiosk's own camera."""

from kiosk.counter.errors import CounterError
from kiosk.counter.sitting import EnrolmentSitting, Studio
from kiosk.screen import Line
from kiosk.sight.errands import BusyError, Errands, NotDoneError


class Enrolling:
    """Begins sittings, one at a time, and hands on the officer's word. Any thread may; how it goes the screen shows."""

    def __init__(self, errands: Errands, studio: Studio) -> None:
        self._errands = errands
        self._studio = studio

    def begin(self, officer: str, person: str, *, consent: bool) -> str:
        """Begin to enrol a person, who was read the notice and agrees; `officer` is the officer's person id.

        What the officer is told. CounterError without consent, for somebody unknown, and while there is a sitting.
        """
        if not consent:
            raise CounterError(403, Line("enrol_consent"))
        known = self._studio.wall.find(person)
        if known is None:
            raise CounterError(404, Line("enrol_unknown"))
        try:
            self._errands.sit(EnrolmentSitting(self._studio, known, officer))
        except BusyError:
            raise CounterError(409, Line("enrol_busy")) from None
        except NotDoneError:
            raise CounterError(503, Line("enrol_not_now")) from None
        return self._say("enrol_begins")

    def decide(self, *, although_alike: bool) -> str:
        """The officer's word on a look-alike. CounterError when nobody waits for it."""
        sitting = self._sitting()
        if sitting.phase != "alike":
            raise CounterError(409, Line("enrol_none"))
        sitting.say("although_alike" if although_alike else "leave")
        return self._say("processing" if although_alike else "enrol_cancelled")

    def cancel(self) -> str:
        """Leave the sitting, or its result. CounterError when there is none."""
        sitting = self._sitting()
        sitting.say("leave")
        return self._say("enrol_cancelled" if sitting.phase in {"look", "alike"} else "close")

    def _sitting(self) -> EnrolmentSitting:
        sitting = self._errands.sitting
        if not isinstance(sitting, EnrolmentSitting):
            raise CounterError(409, Line("enrol_none"))
        return sitting

    def _say(self, key: str) -> str:
        return self._studio.screen.words.say(Line(key))

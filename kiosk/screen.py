"""What the people at the kiosk are told: one line at a time, until there is a page."""

import logging
from collections.abc import Mapping

from systemd.daemon import notify

from kiosk.phrases import clock_time, greeting, phrase
from kiosk.plumbing.latest import Latest
from kiosk.registrar import Result
from sync.contract import ChallengeFailed, RecordEntry

log = logging.getLogger(__name__)


class Screen:
    """The meeting point between the workers and whatever shows the line."""

    def __init__(self) -> None:
        self.line: Latest[str] = Latest()
        self._standing = phrase("idle")

    def stand(self, line: str, *, status: str) -> None:
        """Show the line that holds while nobody stands there."""
        self._standing = line
        self.say(line, status=status)

    def resume(self, *, status: str) -> None:
        """Show that line again."""
        self.say(self._standing, status=status)

    def say(self, line: str, *, status: str) -> None:
        """Show a line in place of the one before; log and systemd get `status`, which names nobody."""
        self.line.put(line)
        log.info("screen: %s", status)
        notify(f"STATUS={status}")


def describe(result: Result, names: Mapping[str, str]) -> str:
    """What to tell the person of a result."""
    if result.outcome in ("unknown", "inactive", "holiday", "closed"):
        return phrase(result.outcome)
    if result.outcome == "spoof":
        return _suspicion(result)
    if result.outcome == "refused":
        return phrase(str(result.visit.reasons[0][0]))
    hello = phrase("hello", greeting=greeting(result.at), name=names[result.person or ""])
    if result.outcome == "practice":
        return " · ".join([hello, phrase("practice"), *_unchecked(result)])
    time = f"{clock_time(result.at)} {result.at.tzname()}"
    if result.outcome == "repeat":
        return f"{hello} · " + phrase(f"{result.session}_repeat", time=time)
    parts = [hello, phrase(f"{result.session}_ok", time=time)]
    if isinstance(result.entry, RecordEntry):
        parts.append(phrase("receipt", receipt=result.entry.body.receipt))
        if result.entry.body.stage == "trial":
            parts.append(phrase("trial"))
    return " · ".join([*parts, *_unchecked(result)])


def _suspicion(result: Result) -> str:
    if result.visit.rests:
        return phrase("paused")
    undone = result.entry is not None and isinstance(result.entry.body, ChallengeFailed)
    return phrase("challenge_failed" if undone else "spoof")


def _unchecked(result: Result) -> list[str]:
    """Nobody may take a kiosk for a careful one that takes photos for people."""
    proof = result.visit.proof
    return [phrase("unchecked")] if proof is not None and proof.level == "off" else []

"""From the result of a visit to the card that tells the person of it."""

from collections.abc import Mapping
from datetime import datetime

from kiosk.attendance.registrar import VisitResult
from kiosk.screen.catalogue import Phrase, Words, clock_time, greeting
from kiosk.screen.state import Card, Choice, Tone
from sync.contract import ChallengeFailed, RecordEntry

UNDO_S = 5.0
"""Time in which a person can object to a record."""

ASK_S = 10.0
"""Time in which a question can be answered."""

OFTEN = 3
"""After so many unknown visits in a row the card sends people to the officer."""

_REFUSED_S = 4.0
_RESULT_S = 6.0


def card_of(
    result: VisitResult,
    names: Mapping[str, str],
    words: Words,
    card_id: str,
    *,
    online: bool = True,
    unknowns: int = 1,
) -> Card:
    """What to tell the person of a result. Nobody is named who was not identified.

    `online`: what is recorded can be sent now. `unknowns`: so many in a row, this one among them.
    """
    if result.person is None or result.outcome in ("spoof", "inactive", "holiday", "closed"):
        return _nameless(result, words, card_id, unknowns)
    hello = words.say(Phrase("hello", greeting=greeting(result.at), name=names[result.person]))
    match result.outcome:
        case "practice":
            return _card(card_id, "practice", hello, words, Phrase("practice"), _unchecked(result))
        case "repeat":
            return _card(card_id, "repeat", hello, words, Phrase(f"{result.session}_repeat", time=_when(result.at)))
        case "early":
            return _question(result, hello, words, card_id)
        case _:
            return _recorded(result, hello, words, card_id, online=online)


def taken_back(words: Words, card_id: str) -> Card:
    """What to tell somebody whose record was taken back."""
    line = Phrase("taken_back")
    return Card(id=card_id, tone="plain", title=words.say(line), text=words.help(line), lasts_s=_RESULT_S)


def _recorded(result: VisitResult, hello: str, words: Words, card_id: str, *, online: bool) -> Card:
    body = result.entry.body if isinstance(result.entry, RecordEntry) else None
    trial = [Phrase("trial")] if body is not None and body.stage == "trial" else []
    offline = [] if online else [Phrase("offline")]
    done = Phrase(f"{result.session}_ok", time=_when(result.at))
    card = _card(card_id, "ok", hello, words, done, [*trial, *offline, *_unchecked(result)])
    undo = Choice(name="not_me", label=words.say(Phrase("not_me")))
    receipt = None if body is None else body.receipt
    return card.model_copy(update={"receipt": receipt, "choices": (undo,), "choose_s": UNDO_S, "voice": done.key})


def _question(result: VisitResult, hello: str, words: Words, card_id: str) -> Card:
    """Whoever leaves early is asked: an `out` ends the shift."""
    line = Phrase("out_early", time=_when(result.ends or result.at))
    choices = (
        Choice(name="yes", label=words.say(Phrase("early_yes"))),
        Choice(name="no", label=words.say(Phrase("early_no"))),
    )
    card = _card(card_id, "warning", hello, words, line)
    return card.model_copy(update={"choices": choices, "choose_s": ASK_S, "lasts_s": ASK_S, "voice": line.key})


def _nameless(result: VisitResult, words: Words, card_id: str, unknowns: int) -> Card:
    line = Phrase(_key(result, unknowns))
    tone: Tone = "warning" if result.outcome in ("inactive", "holiday", "closed") else "refused"
    return Card(id=card_id, tone=tone, title=words.say(line), text=words.help(line), lasts_s=_REFUSED_S, voice=line.key)


def _key(result: VisitResult, unknowns: int) -> str:
    visit = result.visit
    match result.outcome:
        case "refused" if visit is not None:
            return str(visit.reasons[0][0])
        case "spoof" if visit is not None and visit.rests:
            return "paused"
        case "spoof":
            undone = result.entry is not None and isinstance(result.entry.body, ChallengeFailed)
            return "challenge_failed" if undone else "spoof"
        case "unknown" if visit is not None and visit.verdict == "look_alike":
            return "look_alike"
        case "unknown" if unknowns >= OFTEN:
            return "unknown3"
        case outcome:
            return outcome


def _unchecked(result: VisitResult) -> list[Phrase]:
    """At the liveness level `off` the card says that photos are not looked for."""
    proof = None if result.visit is None else result.visit.proof
    return [Phrase("unchecked")] if proof is not None and proof.level == "off" else []


def _when(at: datetime) -> str:
    return f"{clock_time(at)} {at.tzname()}"


def _card(card_id: str, tone: Tone, title: str, words: Words, line: Phrase, notes: list[Phrase] | None = None) -> Card:
    return Card(
        id=card_id,
        tone=tone,
        title=title,
        text=words.say(line),
        notes=tuple(words.say(note) for note in notes or ()),
        lasts_s=_RESULT_S,
    )

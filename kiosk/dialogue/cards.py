"""From the result of a visit to the card that tells the person of it."""

from collections.abc import Mapping
from datetime import datetime

from kiosk.attendance.registrar import Result
from kiosk.screen.catalogue import Line, Words, clock_time, greeting
from kiosk.screen.state import Card, Choice, Tone
from sync.contract import ChallengeFailed, RecordEntry

UNDO_S = 5.0
"""For so long a record can be objected to."""

ASK_S = 10.0
"""For so long a question waits for its answer."""

OFTEN = 3
"""So many times unknown in a row, and people are sent to the officer."""

_REFUSED_S = 4.0
_RESULT_S = 6.0


def card_of(
    result: Result,
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
    hello = words.say(Line("hello", greeting=greeting(result.at), name=names[result.person]))
    match result.outcome:
        case "practice":
            return _card(card_id, "practice", hello, words, Line("practice"), _unchecked(result))
        case "repeat":
            return _card(card_id, "repeat", hello, words, Line(f"{result.session}_repeat", time=_when(result.at)))
        case "early":
            return _question(result, hello, words, card_id)
        case _:
            return _recorded(result, hello, words, card_id, online=online)


def taken_back(words: Words, card_id: str) -> Card:
    """What to tell somebody whose record was void at their word."""
    line = Line("taken_back")
    return Card(id=card_id, tone="plain", title=words.say(line), text=words.help(line), lasts_s=_RESULT_S)


def _recorded(result: Result, hello: str, words: Words, card_id: str, *, online: bool) -> Card:
    body = result.entry.body if isinstance(result.entry, RecordEntry) else None
    trial = [Line("trial")] if body is not None and body.stage == "trial" else []
    offline = [] if online else [Line("offline")]
    done = Line(f"{result.session}_ok", time=_when(result.at))
    card = _card(card_id, "ok", hello, words, done, [*trial, *offline, *_unchecked(result)])
    undo = Choice(name="not_me", label=words.say(Line("not_me")))
    receipt = None if body is None else body.receipt
    return card.model_copy(update={"receipt": receipt, "choices": (undo,), "choose_s": UNDO_S, "voice": done.key})


def _question(result: Result, hello: str, words: Words, card_id: str) -> Card:
    """Whoever leaves early is asked: an `out` ends the shift."""
    line = Line("out_early", time=_when(result.ends or result.at))
    choices = (
        Choice(name="yes", label=words.say(Line("early_yes"))),
        Choice(name="no", label=words.say(Line("early_no"))),
    )
    card = _card(card_id, "warning", hello, words, line)
    return card.model_copy(update={"choices": choices, "choose_s": ASK_S, "lasts_s": ASK_S, "voice": line.key})


def _nameless(result: Result, words: Words, card_id: str, unknowns: int) -> Card:
    line = Line(_key(result, unknowns))
    tone: Tone = "warning" if result.outcome in ("inactive", "holiday", "closed") else "refused"
    return Card(id=card_id, tone=tone, title=words.say(line), text=words.help(line), lasts_s=_REFUSED_S, voice=line.key)


def _key(result: Result, unknowns: int) -> str:
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


def _unchecked(result: Result) -> list[Line]:
    """Nobody may take a kiosk for a careful one that takes photos for people."""
    proof = None if result.visit is None else result.visit.proof
    return [Line("unchecked")] if proof is not None and proof.level == "off" else []


def _when(at: datetime) -> str:
    return f"{clock_time(at)} {at.tzname()}"


def _card(card_id: str, tone: Tone, title: str, words: Words, line: Line, notes: list[Line] | None = None) -> Card:
    return Card(
        id=card_id,
        tone=tone,
        title=title,
        text=words.say(line),
        notes=tuple(words.say(note) for note in notes or ()),
        lasts_s=_RESULT_S,
    )

"""From the result of a visit to the card that tells the person of it."""

from collections.abc import Mapping

from kiosk.registrar import Result
from kiosk.screen.catalogue import Line, Words, clock_time, greeting
from kiosk.screen.state import Card, Choice, Tone
from sync.contract import ChallengeFailed, RecordEntry

UNDO_S = 5.0
"""For so long a record can be objected to."""

_REFUSED_S = 4.0
_RESULT_S = 6.0


def card_of(result: Result, names: Mapping[str, str], words: Words, card_id: str) -> Card:
    """What to tell the person of a result. Nobody is named who was not identified."""
    if result.person is None or result.outcome in ("spoof", "inactive", "holiday", "closed"):
        return _nameless(result, words, card_id)
    hello = words.say(Line("hello", greeting=greeting(result.at), name=names[result.person]))
    if result.outcome == "practice":
        return _card(card_id, "practice", hello, words, Line("practice"), _unchecked(result))
    when = f"{clock_time(result.at)} {result.at.tzname()}"
    if result.outcome == "repeat":
        return _card(card_id, "repeat", hello, words, Line(f"{result.session}_repeat", time=when))
    return _recorded(result, hello, Line(f"{result.session}_ok", time=when), words, card_id)


def _recorded(result: Result, hello: str, done: Line, words: Words, card_id: str) -> Card:
    body = result.entry.body if isinstance(result.entry, RecordEntry) else None
    trial = [Line("trial")] if body is not None and body.stage == "trial" else []
    card = _card(card_id, "ok", hello, words, done, [*trial, *_unchecked(result)])
    undo = Choice(name="not_me", label=words.say(Line("not_me")))
    receipt = None if body is None else body.receipt
    voice = f"{result.session}_ok"
    return card.model_copy(update={"receipt": receipt, "choices": (undo,), "choose_s": UNDO_S, "voice": voice})


def _nameless(result: Result, words: Words, card_id: str) -> Card:
    line = Line(_key(result))
    tone: Tone = "warning" if result.outcome in ("inactive", "holiday", "closed") else "refused"
    return Card(id=card_id, tone=tone, title=words.say(line), text=words.help(line), lasts_s=_REFUSED_S, voice=line.key)


def _key(result: Result) -> str:
    match result.outcome:
        case "refused":
            return str(result.visit.reasons[0][0])
        case "spoof" if result.visit.rests:
            return "paused"
        case "spoof":
            undone = result.entry is not None and isinstance(result.entry.body, ChallengeFailed)
            return "challenge_failed" if undone else "spoof"
        case outcome:
            return outcome


def _unchecked(result: Result) -> list[Line]:
    """Nobody may take a kiosk for a careful one that takes photos for people."""
    proof = result.visit.proof
    return [Line("unchecked")] if proof is not None and proof.level == "off" else []


def _card(card_id: str, tone: Tone, title: str, words: Words, line: Line, notes: list[Line] | None = None) -> Card:
    return Card(
        id=card_id,
        tone=tone,
        title=title,
        text=words.say(line),
        notes=tuple(words.say(note) for note in notes or ()),
        lasts_s=_RESULT_S,
    )

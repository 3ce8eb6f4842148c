"""Checks of what becomes of sound entries: stored once, receipted, and none forgotten."""

from typing import Final

from central.conformance.forgery import resealed
from central.conformance.player import Player
from central.conformance.stage import ConformanceCheck, TestBed

_BURST: Final = 100
_SESSION: Final = 50


def receipted(stage: TestBed) -> str | None:
    """A sound entry is receipted, a record or an event."""
    for player in (stage.first, stage.second):
        player.record()
        player.tell()
        if not stage.caught_up(player):
            return _unheard(stage, player)
    return None


def _unheard(stage: TestBed, player: Player) -> str:
    if stage.wire.refused:
        return f"the broker does not take what {player.topics.kiosk} publishes: {stage.wire.refused[0]}"
    return (
        f"no receipt for {player.topics.unit}/{player.topics.kiosk} within {stage.patience.within_s:g} s: "
        f"register it with the key {player.ledger.key.public.text}, and look at the root of the topics"
    )


def repeat(stage: TestBed) -> str | None:
    """An identical repeat is receipted again and rejected never."""
    since, last = stage.mark, stage.first.last
    again = stage.first.between(last, last)
    if not all(stage.receipted(stage.first, again) for _ in range(2)):
        return "a repeat has no receipt: a kiosk that missed the first one would send the entry for ever"
    return "a repeat is rejected" if stage.rejects(stage.first, last, since) else None


def burst(stage: TestBed) -> str | None:
    """Many entries in one go are all receipted."""
    entries = stage.first.record(_BURST)
    return None if stage.receipted(stage.first, entries) else f"of {_BURST} entries some have no receipt"


def two_kiosks(stage: TestBed) -> str | None:
    """Two kiosks that send at the same time are receipted each."""
    since = stage.mark
    mine = [(stage.first, entry) for entry in stage.first.record(9)]
    others = [(stage.second, entry) for entry in stage.second.record(9)]
    both = [item for pair in zip(mine, others, strict=True) for item in pair]
    stage.wire.send((player.topics.entry, entry.payload) for player, entry in both)
    if not stage.hear(lambda: all(stage.covers(player, entry.seq, since) for player, entry in both)):
        return "some of their entries have no receipt"
    for player, entry in both:
        player.delivered([entry])
    return None


def through_seq(stage: TestBed) -> str | None:
    """`through_seq` does not pass an entry that is missing."""
    missing, *later = stage.first.record(3)
    since = stage.mark
    stage.send(stage.first, later)
    if not stage.probed():
        return "a repeat has no receipt while an entry is missing"
    through = stage.through(stage.first, since)
    return f"through_seq is {through}, but entry {missing.seq} was never sent" if through >= missing.seq else None


def gap(stage: TestBed) -> str | None:
    """A gap is told: later entries are named in `also`, or the missing one is asked for with `resend_from`."""
    missing, *later = stage.first.record(3)
    since = stage.mark
    stage.send(stage.first, later)
    told = stage.hear(
        lambda: (
            stage.asks(stage.first, missing.seq, since)
            or any(stage.covers(stage.first, entry.seq, since) for entry in later)
        )
    )
    return None if told else f"nothing was said of entry {missing.seq}, which is missing, nor of those after it"


def late(stage: TestBed) -> str | None:
    """What was missing is taken late, and `through_seq` then goes on to the end."""
    missing, *later = stage.first.record(4)
    stage.send(stage.first, later)
    since = stage.mark
    if not stage.receipted(stage.first, [missing]):
        return f"entry {missing.seq}, which came after the later ones, has no receipt"
    end = later[-1].seq
    if stage.hear(lambda: stage.through(stage.first, since) >= end):
        return None
    return f"through_seq stays at {stage.through(stage.first, since)}, though all up to {end} was sent"


def conflict(stage: TestBed) -> str | None:
    """Another entry under a number that is stored is rejected, and the first one stays."""
    player, last = stage.first, stage.first.last
    (entry,) = player.between(last, last)
    since = stage.mark
    other = resealed(entry.payload, player.ledger.key, at="2026-01-05T07:28:03.412+08:00")
    stage.wire.send([(player.topics.entry, other)])
    if not stage.hear(lambda: stage.rejects(player, last, since)):
        return f"another entry {last}, signed with the kiosk's key, was not rejected"
    return None if stage.receipted(player, player.record()) else "the entry that continues the first one has no receipt"


def new_session(stage: TestBed) -> str | None:
    """What a kiosk sends again in a new session is receipted again, also when it has sent later entries before."""
    stage.wire.connect()
    last = stage.first.last
    entries = stage.first.between(last - _SESSION, last - _SESSION // 2)
    return None if stage.receipted(stage.first, entries) else "some of what was sent again has no receipt"


DELIVERY: Final = (
    *(ConformanceCheck.of(play, ground=True) for play in (receipted, repeat)),
    *(ConformanceCheck.of(play) for play in (burst, two_kiosks, through_seq, gap, late, conflict, new_session)),
)

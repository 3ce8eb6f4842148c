"""Checks that sound entries are stored once and receipted, and that none is forgotten. The docstrings are printed."""

from typing import Final

from central.conformance.bed import ConformanceCheck, TestBed
from central.conformance.forgery import resealed
from central.conformance.player import Player

_BURST: Final = 100
_SESSION: Final = 50


def receipted(bed: TestBed) -> str | None:
    """A sound entry is receipted, a record or an event."""
    for player in (bed.first, bed.second):
        player.record()
        player.tell()
        if not bed.caught_up(player):
            return _unheard(bed, player)
    return None


def _unheard(bed: TestBed, player: Player) -> str:
    if bed.wire.refused:
        return f"the broker does not take what {player.topics.kiosk} publishes: {bed.wire.refused[0]}"
    return (
        f"no receipt for {player.topics.unit}/{player.topics.kiosk} within {bed.patience.within_s:g} s: "
        f"register it with the key {player.ledger.key.public.text}, and look at the root of the topics"
    )


def repeat(bed: TestBed) -> str | None:
    """An identical repeat is receipted again and rejected never."""
    since, last = bed.mark, bed.first.last
    again = bed.first.between(last, last)
    if not all(bed.receipted(bed.first, again) for _ in range(2)):
        return "a repeat has no receipt: a kiosk that missed the first one would send the entry for ever"
    return "a repeat is rejected" if bed.rejects(bed.first, last, since) else None


def burst(bed: TestBed) -> str | None:
    """Many entries in one go are all receipted."""
    entries = bed.first.record(_BURST)
    return None if bed.receipted(bed.first, entries) else f"of {_BURST} entries some have no receipt"


def two_kiosks(bed: TestBed) -> str | None:
    """Two kiosks that send at the same time are receipted each."""
    since = bed.mark
    mine = [(bed.first, entry) for entry in bed.first.record(9)]
    others = [(bed.second, entry) for entry in bed.second.record(9)]
    both = [item for pair in zip(mine, others, strict=True) for item in pair]
    bed.wire.send((player.topics.entry, entry.payload) for player, entry in both)
    if not bed.hear(lambda: all(bed.covers(player, entry.seq, since) for player, entry in both)):
        return "some of their entries have no receipt"
    for player, entry in both:
        player.delivered([entry])
    return None


def through_seq(bed: TestBed) -> str | None:
    """`through_seq` does not pass an entry that is missing."""
    missing, *later = bed.first.record(3)
    since = bed.mark
    bed.send(bed.first, later)
    if not bed.probed():
        return "a repeat has no receipt while an entry is missing"
    through = bed.through(bed.first, since)
    return f"through_seq is {through}, but entry {missing.seq} was never sent" if through >= missing.seq else None


def gap(bed: TestBed) -> str | None:
    """A gap is told: later entries are named in `also`, or the missing one is asked for with `resend_from`."""
    missing, *later = bed.first.record(3)
    since = bed.mark
    bed.send(bed.first, later)
    told = bed.hear(
        lambda: (
            bed.asks(bed.first, missing.seq, since) or any(bed.covers(bed.first, entry.seq, since) for entry in later)
        )
    )
    return None if told else f"nothing was said of entry {missing.seq}, which is missing, nor of those after it"


def late(bed: TestBed) -> str | None:
    """What was missing is taken late, and `through_seq` then goes on to the end."""
    missing, *later = bed.first.record(4)
    bed.send(bed.first, later)
    since = bed.mark
    if not bed.receipted(bed.first, [missing]):
        return f"entry {missing.seq}, which came after the later ones, has no receipt"
    end = later[-1].seq
    if bed.hear(lambda: bed.through(bed.first, since) >= end):
        return None
    return f"through_seq stays at {bed.through(bed.first, since)}, though all up to {end} was sent"


def conflict(bed: TestBed) -> str | None:
    """Another entry under a number that is stored is rejected, and the first one stays."""
    player, last = bed.first, bed.first.last
    (entry,) = player.between(last, last)
    since = bed.mark
    other = resealed(entry.payload, player.ledger.key, at="2026-01-05T07:28:03.412+08:00")
    bed.wire.send([(player.topics.entry, other)])
    if not bed.hear(lambda: bed.rejects(player, last, since)):
        return f"another entry {last}, signed with the kiosk's key, was not rejected"
    return None if bed.receipted(player, player.record()) else "the entry that continues the first one has no receipt"


def new_session(bed: TestBed) -> str | None:
    """What a kiosk sends again in a new session is receipted again, also when it has sent later entries before."""
    bed.wire.connect()
    last = bed.first.last
    entries = bed.first.between(last - _SESSION, last - _SESSION // 2)
    return None if bed.receipted(bed.first, entries) else "some of what was sent again has no receipt"


DELIVERY: Final = (
    *(ConformanceCheck.of(play, ground=True) for play in (receipted, repeat)),
    *(ConformanceCheck.of(play) for play in (burst, two_kiosks, through_seq, gap, late, conflict, new_session)),
)

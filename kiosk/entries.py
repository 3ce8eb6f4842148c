"""Entries in words, for people who watch them arrive."""

from sync.contract import Entry, RecordEntry


def describe(entry: Entry) -> str:
    """One entry in a line or two."""
    head = f"{entry.at.isoformat(timespec='seconds')}  {entry.unit}/{entry.kiosk} #{entry.seq}"
    if not isinstance(entry, RecordEntry):
        detail = ", ".join(f"{key} {_plain(value)}" for key, value in entry.body.detail.model_dump(mode="json").items())
        return f"{head}  event {entry.body.type}: {detail}"
    body, place = entry.body, entry.body.place
    reason = "" if body.reason is None else f", by PIN ({body.reason})"
    nobody = "" if body.source in ("camera", None) else f", NO CAMERA ({body.source})"
    voids = "" if body.voids is None else f", takes back {body.voids}"
    match = "" if body.match is None else f", score {body.match.score:.3f} over {body.match.frames} frames"
    flags = f", {' '.join(place.flags)}" if place.flags else ""
    return (
        f"{head}  record {body.session} of {body.person} ({body.stage}), receipt {body.receipt}{match}{reason}{voids}"
        f"{nobody}\n"
        f"    at {place.lat:.6f}, {place.lon:.6f} from {place.source}, {place.from_site_m:.1f} m from the site{flags}"
    )


def _plain(value: object) -> object:
    """A part of an event; of one with parts of its own, those that are known."""
    if not isinstance(value, dict):
        return value
    return " ".join(f"{name} {part}" for name, part in value.items() if part is not None)

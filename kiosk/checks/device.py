"""Checks of what lies on the device: disk, models, keys, ledger, entries that wait, and prompts."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from kiosk.checks.check import CheckResult
from kiosk.screen import Phrase
from kiosk.settings import AgencySettings
from kiosk.storage.disk import VANISHING, DiskSpace, file_system_of
from models.assets import AssetState, AssetStore
from models.embedder import Embedder
from sync.chain import Link, verify_chain
from sync.contract import parse_entry
from sync.documents.sealing import Opener
from sync.ledger import Ledger

_MOUNTS: Final = Path("/proc/self/mountinfo")
_NEWEST: Final = 500
"""How many of the newest entries are verified. `kiosk ledger verify` verifies all."""

_LATE: Final = timedelta(days=1)
"""How long an entry may wait for the centre before the check warns."""


def disk(space: DiskSpace, *, may_vanish: bool) -> CheckResult:
    """Checks that there is free space, on a file system that keeps what is written."""
    kind = file_system_of(_MOUNTS.read_text("utf-8", "surrogateescape"), space.folder.resolve())
    free_bytes = space.free_bytes()
    facts = {"free": f"{free_bytes / 1e6:.0f}", "kind": kind or "?"}
    if kind in VANISHING:
        return CheckResult("disk", "warn" if may_vanish else "fail", Phrase("doctor_disk_vanishes", **facts))
    if free_bytes < space.stop_bytes:
        return CheckResult("disk", "fail", Phrase("doctor_disk_full", **facts))
    if space.low:
        return CheckResult("disk", "warn", Phrase("doctor_disk_low", **facts))
    return CheckResult("disk", "ok", Phrase("doctor_disk_ok", **facts))


def models(store: AssetStore, embedder: Embedder) -> CheckResult:
    """Checks that the model assets are undamaged, and that the embedder is the best of the settings."""
    model = embedder.model.partition("@")[0]
    bad = [status.asset.name for status in store.verify() if status.state is not AssetState.INSTALLED]
    if bad:
        return CheckResult("models", "fail", Phrase("doctor_models_bad", names=", ".join(bad)))
    if embedder.missing:
        return CheckResult(
            "models", "warn", Phrase("doctor_models_partly", model=model, names=", ".join(embedder.missing))
        )
    return CheckResult("models", "ok", Phrase("doctor_models_ok", model=model))


def keys(agency: AgencySettings, data_dir: Path) -> CheckResult:
    """Checks that the agency's keys are pinned and the unit's own key is there.

    Raises KeyFileError when the unit's key cannot be used.
    """
    unit_key = data_dir / "unit.key"
    if unit_key.exists():
        Opener.load(unit_key)
    elif agency.key is not None:
        return CheckResult("keys", "fail", Phrase("doctor_keys_unit", path=str(unit_key)))
    absent = [name for name in ("key", "receiver_key", "seal_to") if getattr(agency, name) is None]
    if absent:
        return CheckResult(
            "keys", "warn", Phrase("doctor_keys_absent", names=", ".join(f"agency.{name}" for name in absent))
        )
    return CheckResult("keys", "ok", Phrase("doctor_keys_ok"))


def ledger(held: Ledger) -> CheckResult:
    """Checks that the newest entries are unaltered, signed and in order."""
    last = held.counts().last_seq
    start = max(0, last - _NEWEST)
    before = held.hash_of(start) if start else None
    link = Link() if before is None else Link(start, before)
    wrong = next(verify_chain((stored.payload for stored in held.stored(link.seq + 1)), link, held.key.public), None)
    if wrong is not None:
        return CheckResult("ledger", "fail", Phrase("doctor_ledger_bad", reason=wrong.text))
    if held.damaged:  # older entries, found by a look further back
        reason = f"entries {', '.join(map(str, held.damaged))}"
        return CheckResult("ledger", "fail", Phrase("doctor_ledger_bad", reason=reason))
    return CheckResult("ledger", "ok", Phrase("doctor_ledger_ok", count=str(last), newest=str(last - link.seq)))


def unsent(held: Ledger, now: datetime) -> CheckResult:
    """Checks how many entries wait for the centre, and since when."""
    count, oldest = held.counts().waiting, held.waiting(1)
    if not oldest:
        return CheckResult("unsent", "ok", Phrase("doctor_unsent_none"))
    waits = now - parse_entry(oldest[0].payload).at
    facts = {"count": str(count), "hours": f"{waits.total_seconds() / 3600:.1f}"}
    return CheckResult("unsent", "warn" if waits > _LATE else "ok", Phrase("doctor_unsent", **facts))


def sound(data_dir: Path) -> CheckResult:
    """Checks whether there are spoken prompts. Tones are always there."""
    spoken = len(list((data_dir / "voices").glob("*.wav")))
    if not spoken:
        return CheckResult("sound", "warn", Phrase("doctor_sound_tones"))
    return CheckResult("sound", "ok", Phrase("doctor_sound_ok", count=str(spoken)))

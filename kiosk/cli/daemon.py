"""`kiosk run`, `kiosk doctor`, `kiosk status` and `kiosk voices`: the daemon in the foreground, and its state."""

from typing import Annotated, Literal

import typer

from camera import about
from kiosk import console
from kiosk.app import daemon, parts
from kiosk.console import ConfigOption, JsonOption, load_settings, say, write_json
from kiosk.doctor.examination import examine
from kiosk.people import stored_gallery
from kiosk.runtime import logs
from kiosk.runtime.version import VERSION
from kiosk.screen import Words
from kiosk.screen.sounds import speak

_Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


def run(
    config: ConfigOption = None,
    log_level: Annotated[_Level, typer.Option(case_sensitive=False, help="The least that is logged.")] = "INFO",
) -> None:
    """Run the kiosk until it is stopped (SIGTERM or Ctrl-C)."""
    logs.set_up(log_level)
    raise typer.Exit(daemon.run(load_settings(config)))


def doctor(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Look at camera, place, clock, broker, disk, models, keys, ledger and screen; fails when something is wrong."""
    settings, words = load_settings(config), Words("en")
    with console.quiet():
        found = examine(settings)
    for check in found:
        text = words.say(check.line)
        if as_json:
            write_json({"what": check.what, "state": check.state, "text": text})
        else:
            print(f"{check.state:5} {check.what:8} {text}")
    if any(check.state == "fail" for check in found):
        raise typer.Exit(1)


def status(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Model, people, threshold, ledger and disk of this kiosk."""
    settings = load_settings(config)
    with (
        console.quiet(),
        parts.people(settings) as people,
        parts.ledger(settings) as ledger,
        parts.parcels(settings) as parcels,
    ):
        embedder = parts.embedder(settings)
        match_policy = parts.match_policy(settings, embedder)
        model = match_policy.calibration.model
        gallery = stored_gallery(people, match_policy)
        waiting = [person.id for person in people.all() if person.model != model]
        counts, sealed = ledger.counts(), parcels.counts()
    found, camera = gallery.acceptance, about(settings.camera.url)
    facts = {
        "version": VERSION,
        "kiosk": settings.kiosk.id,
        "unit": settings.kiosk.unit,
        "camera": camera.scheme,
        "camera_source": camera.source,
        "camera_model": camera.model,
        "model": model,
        "members_missing": list(embedder.missing),
        "people": len(gallery.templates),
        "threshold": round(found.threshold, 4),
        "margin": round(found.margin, 4),
        "fpir": match_policy.fpir,
        "fmr": float(f"{found.fmr:.3g}"),
        "calibration": match_policy.calibration.source,
        "look_alikes": len(gallery.look_alikes),
        "of_another_model": waiting,
        "shots_disagree": list(gallery.left_out),
        "last_seq": counts.last_seq,
        "unsent": counts.unsent,
        "waiting": counts.waiting,
        "parcels_unsent": sealed.waiting,
        "parcels_waiting": sealed.waiting + sealed.at_broker,
        "free_mb": round(parts.disk_space(settings).free_bytes() / 1e6),
    }
    if as_json:
        write_json(facts)
        return
    for name, value in facts.items():
        print(f"{name.replace('_', ' '):17}{', '.join(value) or 'none' if isinstance(value, list) else value}")
    if embedder.shortfall is not None:
        print(embedder.shortfall)


def voices(config: ConfigOption = None) -> None:
    """Make the spoken prompts with espeak-ng, on this device; again after a change of language."""
    settings = load_settings(config)
    folder = settings.kiosk.data_dir / "voices"
    made = speak(folder, Words(settings.screen.language))
    say(f"{len(made)} prompts are spoken from {folder}; they are heard once the page is loaded again")

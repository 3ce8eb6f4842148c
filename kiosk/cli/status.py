"""`kiosk status`: what this device would do, without starting anything."""

from camera import about
from kiosk import build
from kiosk.cli import native
from kiosk.cli.output import ConfigOption, JsonOption, load_settings, write_json
from kiosk.people import stored_roll
from kiosk.version import VERSION


def status(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Model, people, threshold, ledger and disk of this kiosk."""
    settings = load_settings(config)
    with (
        native.quiet(),
        build.people(settings) as people,
        build.ledger(settings) as ledger,
        build.parcels(settings) as parcels,
    ):
        embedder = build.embedder(settings)
        standard = build.standard(settings, embedder)
        model = standard.calibration.model
        roll = stored_roll(people, standard)
        waiting = [person.id for person in people.all() if person.model != model]
        counts, sealed = ledger.counts(), parcels.counts()
    found, camera = roll.acceptance, about(settings.camera.url)
    facts = {
        "version": VERSION,
        "kiosk": settings.kiosk.id,
        "unit": settings.kiosk.unit,
        "camera": camera.scheme,
        "camera_source": camera.source,
        "camera_model": camera.model,
        "model": model,
        "members_missing": list(embedder.missing),
        "people": len(roll.gallery),
        "threshold": round(found.threshold, 4),
        "margin": round(found.margin, 4),
        "fpir": standard.fpir,
        "fmr": float(f"{found.fmr:.3g}"),
        "calibration": standard.calibration.source,
        "look_alikes": len(roll.look_alikes),
        "of_another_model": waiting,
        "shots_disagree": list(roll.left_out),
        "last_seq": counts.last_seq,
        "unsent": counts.unsent,
        "waiting": counts.waiting,
        "parcels_unsent": sealed.waiting,
        "parcels_waiting": sealed.waiting + sealed.at_broker,
        "free_mb": round(build.room(settings).free_bytes() / 1e6),
    }
    if as_json:
        write_json(facts)
        return
    for name, value in facts.items():
        print(f"{name.replace('_', ' '):17}{', '.join(value) or 'none' if isinstance(value, list) else value}")

"""The agency's policy at a real kiosk: signed, over a real broker, and its stages at their time without one."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from paho.mqtt import publish
from paho.mqtt.enums import MQTTProtocolVersion

from kiosk.lab.demo import show
from kiosk.lab.demo.broker import Broker
from kiosk.lab.demo.office import Office
from sync.contract import Entry, StageEntered
from sync.contract.topics import DEFAULT_ROOT, Topics
from sync.documents.envelope import sign
from sync.documents.policy import Policy
from sync.signing import SigningKey
from tests.brokers import needs_mosquitto
from tests.whole_day.harness import Kiosk, kind_of, office, walk

pytestmark = needs_mosquitto

AGENCY = SigningKey.make()
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
NEVER = datetime(2999, 1, 1, tzinfo=UTC)
ALL_DAY = {
    "name": "all-day",
    "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
    "start": "00:00",
    "end": "23:59",
    "sessions": [{"session": "in", "opens": "00:00", "closes": "00:00+1"}],
}


def signed(version: int, *stages: tuple[datetime, str]) -> bytes:
    document = {
        "unit": "kec-sangatta-utara",
        "version": version,
        "at": datetime.now(UTC).isoformat(),
        "stages": [{"at": at.isoformat(), "stage": stage} for at, stage in stages],
        "default_schedule": "office",
        "schedules": {"office": {"profiles": [{"shifts": [ALL_DAY]}]}},
    }
    return sign(Policy.model_validate_json(json.dumps(document)), AGENCY)


def push(broker: Broker, payload: bytes) -> None:
    """As the centre does: retained, and acknowledged by the broker."""
    topic = Topics(DEFAULT_ROOT, "kec-sangatta-utara", "demo-1").policy
    publish.single(
        topic, payload, 1, retain=True, hostname=broker.host, port=broker.port, protocol=MQTTProtocolVersion.MQTTv5
    )


@contextmanager
def open_house(folder: Path, known: Path) -> Iterator[tuple[Office, Kiosk]]:
    """A kiosk that knows its agency, before which the same person walks up again and again."""
    with office(folder, walk(known, "&loop=1")) as (place, kiosk):
        with kiosk.config.open("a") as settings:
            settings.write(f'\n[agency]\nkey = "{AGENCY.public.text}"\n')
        show.enrol(kiosk.settings, known)
        yield place, kiosk


def applied(kiosk: Kiosk) -> list[Entry]:
    return [entry for entry in kiosk.entries() if kind_of(entry) == "policy_applied"]


def entered(kiosk: Kiosk, stage: str) -> list[Entry]:
    found = [entry for entry in kiosk.entries() if isinstance(entry.body, StageEntered)]
    return [entry for entry in found if entry.body.detail.stage == stage]


def test_a_stage_begins_at_its_time_while_the_broker_is_away_and_is_told_once(tmp_path: Path, known: Path) -> None:
    with open_house(tmp_path, known) as (place, kiosk):
        push(place.broker, signed(1, (LONG_AGO, "socialisation")))
        kiosk.start_ready()
        kiosk.wait(lambda: entered(kiosk, "socialisation"), "the first stage")
        kiosk.wait(lambda: kiosk.said("practice"), "a greeting in the stage of socialisation")
        due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=10)
        push(place.broker, signed(2, (LONG_AGO, "socialisation"), (due, "trial")))
        kiosk.wait(lambda: len(applied(kiosk)) == 2, "the stage to come")
        place.broker.stop()
        (told,) = kiosk.wait(lambda: entered(kiosk, "trial"), "the stage at its time")
        (record,) = kiosk.wait(kiosk.records, "a record in the new stage")
        place.broker.start()
        with kiosk.ledger() as ledger:
            kiosk.wait(lambda: ledger.counts().waiting == 0, "everything at the broker")
        kiosk.stop()
        before = len(kiosk.heard())
        kiosk.start_ready()
        kiosk.wait(lambda: "repeat" in kiosk.heard()[before:], "the same person again, by the policy on the disk")
        kiosk.stop()
        assert entered(kiosk, "trial") == [told]
        assert kiosk.records() == [record]
    assert isinstance(told.body, StageEntered)
    assert (told.body.detail.due, told.body.detail.version) == (due, 2)
    assert told.at >= due
    assert record.at >= due
    assert (record.body.stage, record.body.decree) == ("trial", None)
    duty = record.body.duty
    assert duty is not None
    assert (duty.day, duty.schedule, duty.shift) == (record.at.date(), "office", "all-day")
    assert duty.minutes == record.at.hour * 60 + record.at.minute


def test_an_inactive_kiosk_recognises_nobody_until_a_stage_begins(tmp_path: Path, known: Path) -> None:
    with open_house(tmp_path, known) as (place, kiosk):
        push(place.broker, signed(1, (NEVER, "trial")))
        kiosk.start_ready()
        kiosk.wait(lambda: kiosk.said("inactive"), "that nobody is recognised")
        known_s = time.monotonic()
        before = len(kiosk.heard())
        kiosk.wait(lambda: time.monotonic() - known_s > 9, "two walk-ups that nobody looks at")
        assert kiosk.heard()[before:] == []
        push(place.broker, signed(2, (LONG_AGO, "trial")))
        (record,) = kiosk.wait(kiosk.records, "a record once the stage is there")
        kiosk.stop()
        entries = kiosk.entries()
        told_of = [kind_of(entry) for entry in entries if kind_of(entry) in ("policy_applied", "stage_entered")]
        assert told_of == ["policy_applied", "policy_applied", "stage_entered"]
        assert not [entry for entry in entries if entry.seq < record.seq and kind_of(entry) == "unknown_face"]
        told = kiosk.log + "\n".join(kiosk.heard())
        assert show.PERSON not in told
        assert show.NAME not in told

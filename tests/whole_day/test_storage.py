"""The real daemon on disks that are full, nearly full or none, and its evidence at a real broker."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk.lab.demo import show
from models.detector import FaceDetector
from sync.contract.topics import Topics
from sync.documents.sealing import Opener
from sync.errors import SealError
from sync.parcels import Parcels, evidence_purpose
from tests.brokers import needs_mosquitto
from tests.sync.subscriber import Subscriber
from tests.whole_day.harness import Kiosk, change, film, office, walk

pytestmark = needs_mosquitto


def put_on(kiosk: Kiosk, disk: Path, storage: str) -> None:
    """Move the data to another disk, with these settings of the section `storage`."""
    change(kiosk.config, f'data_dir = "{kiosk.config.parent}"', f'data_dir = "{disk}"')
    change(kiosk.config, "[attendance]", f"[storage]\n{storage}\n\n[attendance]")


def fill(disk: Path, leave_bytes: int) -> Path:
    """All of a disk but so many bytes."""
    path = disk / "ballast"
    free = os.statvfs(disk)
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - leave_bytes)
    return path


@pytest.mark.parametrize(("stop_mb", "left_bytes"), [("0.3", 200_000), ("0", 0)], ids=["nearly full", "full"])
def test_a_start_on_a_full_disk_says_so_and_waits(
    tmp_path: Path, known: Path, small_disk: Path, stop_mb: str, left_bytes: int
) -> None:
    with office(tmp_path) as (_, kiosk):
        film(kiosk.config, walk(known, "&loop=1"))
        put_on(kiosk, small_disk, f"low_mb = 0.3\nstop_mb = {stop_mb}\nevidence_mb = 1")
        show.enrol(kiosk.settings, known)
        ballast = fill(small_disk, left_bytes)
        with show.subscriber(kiosk.settings) as arrivals:
            kiosk.start()
            kiosk.wait(lambda: kiosk.said("waiting for room on the disk"), "word of the full disk")
            assert "make room" in kiosk.log
            ballast.unlink()
            assert kiosk.next(arrivals, "started")
            assert kiosk.next(arrivals, "record").entry.body.person == show.PERSON
            assert kiosk.stop()[0] == 0
        assert "Traceback" not in kiosk.log


def test_before_the_disk_is_full_visits_are_refused_with_the_reason(
    tmp_path: Path, known: Path, small_disk: Path
) -> None:
    with office(tmp_path) as (_, kiosk):
        film(kiosk.config, walk(known, "&loop=1"))
        put_on(kiosk, small_disk, "low_mb = 0.9\nstop_mb = 0.6\nevidence_mb = 1")
        show.enrol(kiosk.settings, known)
        with show.subscriber(kiosk.settings) as arrivals:
            kiosk.start_ready()
            ballast = fill(small_disk, 500_000)
            low = kiosk.next(arrivals, "storage_low").entry
            assert low.body.detail.least_bytes == 900_000
            kiosk.wait(lambda: kiosk.said("not recorded: no room in the ledger: only 0."), "a refusal")
            assert "0.6 are needed: make room" in kiosk.log
            assert not kiosk.records()
            ballast.unlink()
            assert kiosk.next(arrivals, "record").entry.body.person == show.PERSON
            assert kiosk.stop()[0] == 0


def test_a_folder_in_memory_is_refused_before_anything_starts(tmp_path: Path, known: Path, small_disk: Path) -> None:
    with office(tmp_path, walk(known)) as (_, kiosk):
        put_on(kiosk, small_disk, "low_mb = 0\nstop_mb = 0")
        change(kiosk.config, "data_may_vanish = true", "data_may_vanish = false")
        kiosk.start()
        assert kiosk.ended() == 2
        assert f"kiosk.data_dir {small_disk} lies on tmpfs" in kiosk.log
        assert list(small_disk.iterdir()) == []


def test_evidence_of_a_record_arrives_sealed_and_shows_its_person(tmp_path: Path, known: Path) -> None:
    agency = Opener.make()
    with office(tmp_path, walk(known)) as (place, kiosk):
        change(kiosk.config, "[attendance]", f'[agency]\nseal_to = "{agency.public.text}"\n\n[attendance]')
        change(kiosk.config, 'stage = "trial"', 'stage = "trial"\nevidence = "records"')
        show.enrol(kiosk.settings, known)
        device = kiosk.settings.kiosk
        topics = Topics(device.topic_root, device.unit, device.id)
        with Subscriber(place.broker, f"{topics.evidence}/+") as evidence, show.subscriber(kiosk.settings) as arrivals:
            kiosk.start_ready()
            record = kiosk.next(arrivals, "record").entry
            sealed = evidence.next()
            assert kiosk.stop()[0] == 0
        named = record.body.evidence
        assert named is not None
        with Parcels(tmp_path / "parcels.db") as parcels:
            parcel = parcels.get(named.sha256)
        files = [file.read_bytes() for file in tmp_path.iterdir() if file.is_file()]
    assert parcel is not None
    assert (parcel.key, parcel.sealed, len(sealed)) == (record.id, sealed, named.bytes)
    purpose = evidence_purpose(device.unit, device.id)
    jpeg = agency.open(sealed, purpose)
    face = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert 100 < face.shape[0] <= 320
    assert len(FaceDetector().detect(np.ascontiguousarray(face[..., ::-1]))) == 1
    with pytest.raises(SealError):
        Opener.make().open(sealed, purpose)
    assert not [file for file in files if jpeg[200:260] in file], "the kiosk keeps it sealed only"

"""The daemon's own counter, over HTTP: objecting, a PIN, an officer at work; and the broker hears of it."""

import json
from pathlib import Path
from typing import Any

from kiosk.app import parts
from kiosk.lab.demo import show
from kiosk.settings import Settings
from sync.contract import RecordEntry
from sync.pin import hashed
from tests.brokers import needs_mosquitto
from tests.kiosk.reading import words
from tests.pages import Client, told
from tests.whole_day.harness import kind_of, office, page, token_of, until, walk

pytestmark = needs_mosquitto

NIP, PIN = "198609262015051001", "483920"


def make_officer(settings: Settings) -> None:
    """Give the demo's person a NIP and a PIN, and the officer's duty."""
    with parts.people(settings) as people:
        (known,) = people.all()
        people.amend(known.id, known.details.model_copy(update={"nip": NIP, "pin": hashed(PIN), "officer": True}))


def said(client: Client, path: str, **message: object) -> tuple[int, str]:
    """Status and text of an answer."""
    status, body = client.post(path, message)
    return status, json.loads(body)["text"]


def sign_in(client: Client) -> dict[str, Any]:
    """Work as the officer, and look around."""
    with client.open("/officer/sign-in", "POST", json.dumps({"nip": NIP, "pin": PIN}).encode()) as answer:
        assert answer.status == 200
        assert json.loads(answer.read()) == {"name": show.NAME}
        client.cookie = f"{client.cookie}; {answer.headers['Set-Cookie'].partition(';')[0]}"
    status, body = client.get("/officer/overview")
    assert status == 200
    found: dict[str, Any] = json.loads(body)
    return found


def test_objecting_a_pin_and_an_officer_at_a_real_kiosk(tmp_path: Path, known: Path) -> None:
    with office(tmp_path, walk(known, "&yaw=12")) as (place, kiosk):
        show.enrol(kiosk.settings, known)
        make_officer(kiosk.settings)
        place.wait_for_fix()
        token = token_of(kiosk)
        with show.subscriber(kiosk.settings) as arrivals:
            kiosk.start_ready()
            client = page(kiosk, token)
            with client.open("/events") as events:
                card = until(told(events), lambda data: data["card"])[-1][1]["card"]
                assert [choice["name"] for choice in card["choices"]] == ["not_me"]
                assert said(client, "/answer", card=card["id"], choice="not_me") == (200, words("taken_back"))
            assert said(client, "/pin", nip=NIP, pin="704816", reason="veil") == (403, words("pin_wrong"))
            status, text = said(client, "/pin", nip=NIP, pin=PIN, reason="veil")
            assert (status, "masuk tercatat pukul" in text) == (200, True), text
            seen = sign_in(client)
            assert said(client, "/officer/sign-out") == (200, words("officer_bye"))
            assert client.get("/officer/overview")[0] == 401
            wanted = ("record", "pin_refused", "officer_signed_in", "officer_signed_out")
            got = [kiosk.next(arrivals, *wanted).entry for _ in range(6)]
            status, _ = kiosk.stop()
        assert status == 0, kiosk.log
        assert [kind_of(entry) for entry in got] == ["record", "record", "pin_refused", "record", *wanted[2:]]
        first, voiding, by_pin = [entry for entry in got if isinstance(entry, RecordEntry)]
        assert (voiding.body.voids, by_pin.body.method, by_pin.body.reason) == (first.id, "pin", "veil")
        texts = [entry["text"] for entry in seen["entries"]]
        assert texts[:4] == [
            f"Petugas masuk: {show.NAME}", f"Masuk: {show.NAME} (PIN: Cadar)", "PIN ditolak",
            f"Dibatalkan: Masuk: {show.NAME}",
        ]  # fmt: skip
        held = kiosk.log + "".join(stored.payload.decode() for stored in kiosk.stored())
        assert not [secret for secret in (NIP, PIN, "704816", "argon2") if secret in held]

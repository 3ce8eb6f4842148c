"""Actions of people at the screen reach the kiosk, and its answers reach the page."""

import json

from tests.kiosk.web.sites import OFFICER, SECRETS, Site

NIP, PIN, *_ = SECRETS


def test_a_choice_and_its_answer(site: Site) -> None:
    assert site.post("/answer", {"card": "c-1", "choice": "not_me"}) == (200, b'{"text":"Dibatalkan"}')
    status, body = site.post("/answer", {"card": "c-0", "choice": "yes"})
    assert (status, json.loads(body)) == (409, {"text": "Sudah terlambat"})
    assert site.counter.asked == [("answer", "c-1", "not_me"), ("answer", "c-0", "yes")]


def test_a_pin_and_its_answer(site: Site) -> None:
    assert site.post("/pin", {"nip": NIP, "pin": PIN, "reason": "injury"})[0] == 200
    assert site.counter.asked == [("by_pin", NIP, PIN, "injury")]


def test_an_officer_signs_in_works_and_leaves(site: Site) -> None:
    with site.open("/officer/sign-in", "POST", json.dumps({"nip": NIP, "pin": PIN}).encode()) as answer:
        assert (answer.status, json.load(answer)) == (200, {"name": "Ibu Siti"})
        cookie = answer.headers["Set-Cookie"]
    pair, *attributes = cookie.split("; ")
    assert pair == f"kiosk_officer={OFFICER}"
    assert {name.lower() for name in attributes} == {"httponly", "path=/officer", "samesite=strict"}
    both = f"{site.cookie}; {pair}"
    status, body = site.get("/officer/overview", cookie=both)
    assert (status, json.loads(body)["waiting"]) == (200, 2)
    status, body = site.post("/officer/test", {"what": "sound"}, cookie=both)
    assert json.loads(body) == {"checks": [{"what": "sound", "ok": True, "text": "Baik"}]}
    assert site.post("/officer/enrol", {"person": "p-1", "consent": True}, cookie=both)[0] == 200
    assert site.post("/officer/enrol/answer", {"although_alike": False}, cookie=both)[0] == 200
    assert site.post("/officer/enrol/cancel", {}, cookie=both)[0] == 200
    with site.open("/officer/sign-out", "POST", cookie=both) as answer:
        assert answer.status == 200
        assert 'kiosk_officer=""' in answer.headers["Set-Cookie"]
    assert site.counter.asked[1:] == [
        ("test", OFFICER, "sound"),
        ("enrol", OFFICER, "p-1", True),
        ("enrol_answer", OFFICER, False),
        ("enrol_cancel", OFFICER),
        ("sign_out", OFFICER),
    ]


def test_a_refused_officer_gets_no_cookie_and_no_overview(site: Site) -> None:
    with site.open("/officer/sign-in", "POST", json.dumps({"nip": NIP, "pin": "000000"}).encode()) as answer:
        assert (answer.status, json.load(answer)) == (403, {"text": "PIN salah"})
        assert answer.headers["Set-Cookie"] is None
    status, body = site.get("/officer/overview")
    assert (status, json.loads(body)) == (401, {"text": "Sesi berakhir"})


def test_actions_run_in_threads_of_their_own(site: Site) -> None:
    site.post("/pin", {"nip": NIP, "pin": PIN, "reason": "injury"})
    assert all(name.startswith("web-action") for name in site.counter.threads)
    assert site.counter.threads

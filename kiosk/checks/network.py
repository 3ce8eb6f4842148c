"""Checks of the network: the broker, and the kiosk's own page."""

import http.client
from typing import Final

from pydantic import ValidationError

from kiosk.checks.check import CheckResult
from kiosk.screen import Phrase
from kiosk.web.messages import Labels
from kiosk.web.security import HOST
from kiosk.web.server import PortTakenError, listen
from kiosk.web.settings import ScreenSettings
from sync.contract.topics import Topics
from sync.errors import BrokerError, BrokerRefused, BrokerSilent
from sync.mqtt.broker import BrokerSettings, connected

_PAGE_S: Final = 2.0
_ANSWER_S: Final = 3.0


def broker(settings: BrokerSettings, here: Topics) -> CheckResult:
    """Checks that the broker can be reached and takes this kiosk's credentials."""
    trouble = trouble_with(settings, f"{here.unit}_{here.kiosk}-doctor")
    where = f"{settings.host}:{settings.port}"
    if trouble is not None:
        return CheckResult("broker", "fail", Phrase("doctor_broker_bad", broker=where, reason=trouble))
    return CheckResult("broker", "ok", Phrase("doctor_broker_ok", broker=where))


def trouble_with(settings: BrokerSettings, client_id: str) -> str | None:
    """Connect once and leave again. Returns what went wrong, None when nothing did."""
    try:
        with connected(settings, client_id, settings.connect_timeout_s + _ANSWER_S):
            return None
    except BrokerSilent:
        return "no answer"
    except BrokerRefused as error:
        return error.reason
    except BrokerError as error:
        return str(error)


def page(settings: ScreenSettings, *, runs: bool) -> CheckResult:
    """Checks that the daemon serves the page, if it `runs`, else that the port of the page is free."""
    facts = {"address": f"{HOST}:{settings.port}"}
    if not settings.enabled:
        return CheckResult("screen", "ok", Phrase("doctor_screen_off"))
    if runs and _serves(settings.port):
        return CheckResult("screen", "ok", Phrase("doctor_screen_ok", **facts))
    if runs:
        return CheckResult("screen", "fail", Phrase("doctor_screen_dead", **facts))
    try:
        listen(settings.port).close()
    except PortTakenError:
        return CheckResult("screen", "fail", Phrase("doctor_screen_taken", **facts))
    return CheckResult("screen", "ok", Phrase("doctor_screen_free", **facts))


def _serves(port: int) -> bool:
    """Returns whether the page of a kiosk answers at the port. The labels that are read need no cookie."""
    connection = http.client.HTTPConnection(HOST, port, timeout=_PAGE_S)
    try:
        connection.request("GET", "/words.json")
        Labels.model_validate_json(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValidationError):
        return False
    finally:
        connection.close()
    return True

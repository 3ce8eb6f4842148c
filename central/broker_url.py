"""The broker, as a command line names it."""

from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError

from central.errors import UsageError
from sync.broker import BrokerSettings

_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


def broker_settings(url: str, password_file: Path | None, ca_file: Path | None) -> BrokerSettings:
    """Read `mqtt://[USER@]HOST[:PORT]` or `mqtts://...`.

    Raises:
        UsageError: it is neither. A password in it is one reason: everybody could see it in the list of processes.
    """
    expected = "expected mqtt://[USER@]HOST[:PORT] or mqtts://..., the password in a file"
    try:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or parts.password is not None or parts.path.strip("/") or parts.query:
            raise UsageError(f"this is no broker: {expected}")
        return BrokerSettings(
            host=parts.hostname or "",
            port=parts.port or _PORTS[parts.scheme],
            tls=parts.scheme == "mqtts",
            username=unquote(parts.username) if parts.username else None,
            password_file=password_file,
            ca_file=ca_file,
        )
    except (ValueError, ValidationError) as error:
        raise UsageError(f"this is no broker: {expected}") from error

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from systemd.journal import JournalHandler

from kiosk.runtime import logs


@pytest.fixture
def restored() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers.clear()
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = before, level
    for room in ("camera", "kiosk", "models", "sync"):
        logging.getLogger(room).setLevel(logging.NOTSET)


def test_the_journal_only_when_standard_error_is_its_stream(tmp_path: Path) -> None:
    with (tmp_path / "stderr").open("w") as stream:
        there = os.fstat(stream.fileno())
        mine = f"{there.st_dev}:{there.st_ino}"
        assert isinstance(logs.handler_for({"JOURNAL_STREAM": mine}, stream), JournalHandler)
        for environment in ({}, {"JOURNAL_STREAM": "8:1"}, {"JOURNAL_STREAM": "rubbish"}):
            handler = logs.handler_for(environment, stream)
            assert type(handler) is logging.StreamHandler
            assert handler.stream is stream


@pytest.mark.usefixtures("restored")
def test_journal_lines_carry_fields(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, dict[str, object]]] = []

    def send(text: str, /, **fields: object) -> None:
        sent.append((text, fields))

    with (tmp_path / "stderr").open("w") as stream:
        there = os.fstat(stream.fileno())
        monkeypatch.setattr("sys.stderr", stream)
        monkeypatch.setenv("JOURNAL_STREAM", f"{there.st_dev}:{there.st_ino}")
        logs.set_up()
    [handler] = [handler for handler in logging.getLogger().handlers if isinstance(handler, JournalHandler)]
    handler.send = send  # where a journal would listen
    logging.getLogger("sync.mqtt.uplink").warning("sent %d", 3, extra={"SEQ": 4711})
    [(message, fields)] = sent
    assert message == "sent 3"
    expected = {"SYSLOG_IDENTIFIER": "senfie-kiosk", "PRIORITY": "4", "LOGGER": "sync.mqtt.uplink", "SEQ": 4711}
    assert expected.items() <= fields.items()


@pytest.mark.usefixtures("restored")
def test_own_lines_from_the_level_up_and_warnings_of_others(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("DEBUG")
    logging.getLogger("sync.mqtt.uplink").debug("own detail")
    logging.getLogger("matplotlib.font_manager").info("chatter")
    logging.getLogger("paho").warning("other's warning")
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ", 1)[1] for line in lines] == ["own detail", "other's warning"]
    assert "DEBUG   MainThread sync.mqtt.uplink: " in lines[0]


@pytest.mark.usefixtures("restored")
def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="CHATTY"):
        logs.set_up("CHATTY")

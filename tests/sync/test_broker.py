"""A connection that is made for one purpose, against a real mosquitto."""

from pathlib import Path

import pytest

from kiosk.lab.demo.broker import free_port
from sync.errors import BrokerMisconfigured, BrokerRefused, BrokerSilent, BrokerUnreachable
from sync.mqtt.broker import (
    Acknowledged,
    BrokerSettings,
    IncomingMessage,
    Lost,
    Refused,
    Subscribed,
    connected,
    raise_failure,
)
from tests.brokers import Broker, needs_mosquitto
from tests.sync.helpers import settings
from tests.waiting import LIMIT_S


@needs_mosquitto
def test_what_is_published_comes_back_to_who_asked_for_it(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker, connected(settings(broker), "one", LIMIT_S) as dialogue:
        dialogue.connection.subscribe("a/b")
        assert isinstance(dialogue.hear(LIMIT_S), Subscribed)
        mid = dialogue.connection.publish("a/b", b"hello")
        news = [dialogue.hear(LIMIT_S), dialogue.hear(LIMIT_S)]
        assert {type(item) for item in news} == {Acknowledged, IncomingMessage}
        assert mid in [item.mid for item in news if isinstance(item, Acknowledged)]
        assert 1 <= dialogue.window <= settings(broker).in_flight


@needs_mosquitto
def test_a_broker_that_does_not_answer_is_silent(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker:
        with connected(settings(broker), "one", LIMIT_S) as dialogue, pytest.raises(BrokerSilent, match="says nothing"):
            dialogue.hear(0.01)
        broker.pause()
        try:
            with pytest.raises(BrokerSilent), connected(settings(broker), "one", 0.3):
                pass
        finally:
            broker.resume()


@needs_mosquitto
def test_a_broker_that_wants_a_password_refuses_who_has_none(tmp_path: Path) -> None:
    with (
        Broker(tmp_path, extra="allow_anonymous false") as broker,
        pytest.raises(BrokerRefused),
        connected(settings(broker), "one", LIMIT_S),
    ):
        pass


def test_where_nobody_listens_there_is_no_connection(tmp_path: Path) -> None:
    nowhere = BrokerSettings(host="127.0.0.1", port=free_port())
    with pytest.raises(BrokerUnreachable, match="cannot reach"), connected(nowhere, "one", LIMIT_S):
        pass
    wrong = nowhere.model_copy(update={"username": "kiosk", "password_file": tmp_path / "missing"})
    with pytest.raises(BrokerMisconfigured, match="missing"), connected(wrong, "one", LIMIT_S):
        pass


@pytest.mark.parametrize("news", [Refused(135, "no"), Acknowledged(1, 135, "no"), Subscribed(1, 135, "no")])
def test_every_refusal_is_an_error_with_its_code(news: Refused | Acknowledged | Subscribed) -> None:
    with pytest.raises(BrokerRefused, match="135") as caught:
        raise_failure(news)
    assert (caught.value.code, caught.value.reason) == (135, "no")


def test_a_loss_is_an_error_and_good_news_is_none() -> None:
    with pytest.raises(BrokerUnreachable, match="gone"):
        raise_failure(Lost("gone"))
    for news in (Acknowledged(1, 16, "nobody subscribes"), Subscribed(1, 1, "granted"), IncomingMessage("a", b"")):
        raise_failure(news)

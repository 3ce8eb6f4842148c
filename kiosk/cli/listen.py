"""`kiosk listen`: prints the entries that arrive at the broker."""

import threading
from typing import Annotated

import typer

from kiosk.console import ConfigOption, JsonOption, describe, load_settings, say
from sync.mqtt.listener import Rejected
from sync.mqtt.listener import listen as listen_to


def listen(
    config: ConfigOption = None,
    count: Annotated[int, typer.Option(min=0, help="End after this many entries; 0 goes on until Ctrl-C.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Subscribe to every kiosk of the broker and print entries as they arrive."""
    settings = load_settings(config)
    stop = threading.Event()
    seen = 0
    say(f"listening at {settings.broker.host}:{settings.broker.port}; Ctrl-C ends")
    for arrival in listen_to(settings.broker, settings.kiosk.topic_root, stop, threading.Event()):
        if isinstance(arrival, Rejected):
            say(f"{arrival.topic}: {arrival.reason}")
            continue
        print(arrival.payload.decode() if as_json else describe(arrival.entry), flush=True)
        seen += 1
        if seen == count:
            stop.set()

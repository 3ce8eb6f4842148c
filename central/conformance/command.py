"""`kiosk-central conformance`."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

from central.broker_url import broker_settings
from central.conformance.check import Result
from central.conformance.player import Player
from central.conformance.run import players, run, stage
from central.conformance.stage import Patience
from sync.signing import PublicKey
from sync.topics import DEFAULT_ROOT

_UNIT: Final = "conformance"


def conformance(
    broker: Annotated[str, typer.Option(help="mqtt://[USER@]HOST[:PORT], or mqtts:// for TLS.")],
    folder: Annotated[Path, typer.Option(help="Keeps the test kiosks' keys and ledgers.")] = Path("conformance"),
    root: Annotated[str, typer.Option(help="What the topics begin with.")] = DEFAULT_ROOT,
    receiver_key: Annotated[Path | None, typer.Option(help="The server's public key: answers must be signed.")] = None,
    within_s: Annotated[float, typer.Option(min=0.1, help="Seconds the server may take to answer.")] = 10.0,
    password_file: Annotated[Path | None, typer.Option(help="Holds the password of USER.")] = None,
    ca_file: Annotated[Path | None, typer.Option(help="Authorities instead of the system's, for TLS.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON for programs.")] = False,
) -> None:
    """Play two kiosks against the server behind a broker, and say what it does wrong. Exit code 1 when anything is.

    Register the kiosks first: they and their public keys are named at the start. They send records of nobody, and what
    is forged; the server should keep their unit apart. See docs/contract.md.
    """
    settings = broker_settings(broker, password_file, ca_file)
    key = PublicKey.load(receiver_key) if receiver_key else None
    with players(folder, root, _UNIT) as pair:
        for player in pair:
            print(_introduced(player), file=sys.stderr, flush=True)
        results = []
        with stage(settings, pair, key, Patience(within_s)) as set_up:
            for result in run(set_up, signed=key is not None):
                results.append(result)
                print(json.dumps(asdict(result)) if as_json else _line(result), flush=True)
    if any(result.wrong or not result.played for result in results):
        raise typer.Exit(1)


def _introduced(player: Player) -> str:
    topics = player.topics
    return f"{topics.unit}/{topics.kiosk} signs with the key {player.ledger.key.public.text}"


def _line(result: Result) -> str:
    if not result.played:
        return f"not played  {result.check}"
    return (
        f"wrong       {result.check}: {result.wrong} ({result.about})"
        if result.wrong
        else f"fine        {result.check}"
    )

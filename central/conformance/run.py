"""`kiosk-central conformance`: runs every check in order against a server."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final
from uuid import uuid4

import typer

from central.broker import broker_settings
from central.conformance.bed import CheckReport, ConformanceCheck, Patience, TestBed
from central.conformance.delivery import DELIVERY
from central.conformance.forgery import FORGERY
from central.conformance.player import Player
from central.conformance.wire import Wire
from sync.contract.topics import DEFAULT_ROOT, Topics
from sync.ledger import Ledger
from sync.mqtt.broker import BrokerSettings
from sync.signing import PublicKey

_PREFIX: Final = "conformance"


def _answers(bed: TestBed) -> str | None:
    return bed.wire.faulty[0] if bed.wire.faulty else None


def _signed(bed: TestBed) -> str | None:
    return bed.wire.unsigned[0] if bed.wire.unsigned else None


_ANSWERS: Final = ConformanceCheck(
    "answers", "Answers and commands are of the contract, for the kiosk of their topic, about what it sent.", _answers
)
_SIGNED: Final = ConformanceCheck("signed", "Answers and commands are signed with the receiver's key.", _signed)


@contextmanager
def players(folder: Path, root: str, unit: str) -> Iterator[list[Player]]:
    """Open two simulated kiosks. Their names, keys and ledgers stay in `folder` from run to run.

    Raises:
        StoreError: what is in the folder cannot be used.
        ContractError: `root` or `unit` is not usable.
    """
    with ExitStack() as open_ones:
        yield [_player(folder, Topics(root, unit, kiosk), open_ones) for kiosk in _names(folder)]


def _names(folder: Path) -> list[str]:
    """Return the names of the last run. A new folder gets new names, because a server binds a name to its first key."""
    base = folder / "names"
    folder.mkdir(parents=True, exist_ok=True)
    if not base.exists():
        made_up = uuid4().hex[:8]
        base.write_text("".join(f"{_PREFIX}-{made_up}-{number}\n" for number in (1, 2)), "ascii")
    return base.read_text("ascii").split()


@contextmanager
def prepare(
    settings: BrokerSettings, pair: list[Player], key: PublicKey | None, patience: Patience
) -> Iterator[TestBed]:
    """Connect the kiosks, and one that is registered nowhere.

    Raises:
        BrokerError: the broker cannot be reached, or refuses.
    """
    topics = pair[0].topics
    with TemporaryDirectory() as folder, ExitStack() as open_ones:
        stranger = _player(Path(folder), Topics(topics.root, topics.unit, f"stranger-{uuid4()}"), open_ones)
        wire = open_ones.enter_context(Wire(settings, [*pair, stranger], key))
        yield TestBed(wire, pair[0], pair[1], stranger, patience)


def run(bed: TestBed, signed: bool) -> Iterator[CheckReport]:
    """Yield the result of each check. With `signed`, the server's key is known and its answers must be signed.

    The remaining checks are not played after one that the others need has failed, or that has left sound entries
    without a receipt.
    """
    stuck = False
    for check in (*DELIVERY, *FORGERY):
        if stuck:
            yield CheckReport(check.name, check.about, None, played=False)
            continue
        wrong = check.play(bed)
        behind = not all(bed.caught_up(player) for player in (bed.first, bed.second))
        if behind and wrong is None:
            wrong = "after it, sound entries have no receipt any more"
        stuck = behind or (check.ground and wrong is not None)
        yield CheckReport(check.name, check.about, wrong)
    silent = not bed.wire.heard and not bed.wire.faulty
    for check in (_ANSWERS, *((_SIGNED,) if signed else ())):
        yield CheckReport(check.name, check.about, check.play(bed), played=not silent)


def _player(folder: Path, topics: Topics, open_ones: ExitStack) -> Player:
    place = folder / topics.kiosk
    place.mkdir(parents=True, exist_ok=True)
    return Player(open_ones.enter_context(Ledger(place / "ledger.db", topics.kiosk, topics.unit)), topics)


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
        with prepare(settings, pair, key, Patience(within_s)) as bed:
            for result in run(bed, signed=key is not None):
                results.append(result)
                print(json.dumps(asdict(result)) if as_json else _line(result), flush=True)
    if any(result.wrong or not result.played for result in results):
        raise typer.Exit(1)


def _introduced(player: Player) -> str:
    topics = player.topics
    return f"{topics.unit}/{topics.kiosk} signs with the key {player.ledger.key.public.text}"


def _line(result: CheckReport) -> str:
    if not result.played:
        return f"not played  {result.check}"
    return (
        f"wrong       {result.check}: {result.wrong} ({result.about})"
        if result.wrong
        else f"fine        {result.check}"
    )

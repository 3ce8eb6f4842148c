"""The conformance test: it passes a correct server, and finds each fault by the check that is meant for it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from central.conformance.bed import CheckReport, Patience
from central.conformance.forgery import FORGERY
from central.conformance.run import players, prepare, run
from central.judge import Registered
from kiosk.lab.demo.broker import Broker, free_port
from sync.contract.topics import DEFAULT_ROOT
from sync.signing import SigningKey
from tests import commands
from tests.brokers import needs_mosquitto
from tests.central import servers
from tests.sync.helpers import settings
from tests.waiting import LIMIT_S

pytestmark = needs_mosquitto

UNIT = "conformance"
FORGERIES = {check.name for check in FORGERY if check.name not in ("rubbish", "wrong-topic")}
RECEIVER = SigningKey.make()

WRONG: list[tuple[type[servers.Server], set[str]]] = [
    (servers.ReceiptsBeforeVerifying, {*FORGERIES, "through-seq", "conflict", "unknown-kiosk", "answers"}),
    (servers.ChecksNoSignature, {"anothers-key", "unsigned"}),
    (servers.ChecksNoHash, {"changed-content", "false-hash"}),
    (servers.ChecksNoReceiptCode, {"false-receipt"}),
    (servers.ChecksNoTopic, {"wrong-topic"}),
    (servers.KnowsEverybody, {"unknown-kiosk"}),
    (servers.ChecksNoChain, {"unchained"}),
    (servers.TakesAnySize, {"oversized"}),
    (servers.TakesTheLastOfTwoKeys, {"repeated-key"}),
    (servers.DropsUnknownFields, {"unknown-field"}),
    (servers.IgnoresGaps, {"through-seq"}),
    (servers.KeepsGapsToItself, {"gap"}),
    (servers.AcceptsAConflict, {"conflict"}),
    (servers.LetsAConflictWin, {"conflict"}),
    (servers.AnswersOnce, {"repeat"}),
    (servers.RejectsRepeats, {"repeat"}),
    (servers.NeverLooksBack, {"through-seq"}),
    (servers.StaysAtTheGap, {"late"}),
    (servers.AnswersOnlyTheNewest, {"new-session"}),
    (servers.LosesWhatAlternates, {"two-kiosks"}),
    (servers.DiesOfRubbish, {"rubbish"}),
    (servers.SaysNonsense, {"answers", "signed"}),
    (servers.MixesKiosksUp, {"answers"}),
    (servers.SignsNothing, {"signed"}),
    (servers.Silent, {"receipted"}),
    (servers.ForgetsAmidABurst, {"burst"}),
]


def results(folder: Path, broker: Broker, kind: type[servers.Server], within_s: float = 4.0) -> list[CheckReport]:
    """Return the results of the checks for a server that holds RECEIVER's key."""
    with players(folder / "kiosks", DEFAULT_ROOT, UNIT) as pair:
        known = {player.topics.kiosk: Registered(UNIT, player.ledger.key.public) for player in pair}
        with (
            servers.serving(broker, kind(known, RECEIVER)),
            prepare(settings(broker), pair, RECEIVER.public, Patience(within_s, settle_s=0.05)) as bed,
        ):
            return list(run(bed, signed=True))


def wrong(found: list[CheckReport]) -> set[str]:
    return {result.check for result in found if result.wrong}


def test_a_server_of_the_contract_does_nothing_wrong(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker:
        found = results(tmp_path, broker, servers.Server, within_s=10)
    assert {result.check: result.wrong for result in found if result.wrong} == {}
    assert all(result.played and result.about for result in found)
    assert {result.check for result in found} == set().union(*(checks for _kind, checks in WRONG)), (
        "each has its server"
    )
    assert len(found) == 23


def test_a_broker_that_ends_the_session_over_a_huge_message_is_no_fault_of_the_server(tmp_path: Path) -> None:
    with Broker(tmp_path, "allow_anonymous true\nmax_packet_size 200000") as broker:
        found = results(tmp_path, broker, servers.Server, within_s=10)
    assert wrong(found) == set()
    assert all(result.played for result in found)


def test_a_broker_that_takes_no_entries_is_named(tmp_path: Path) -> None:
    access = tmp_path / "access"
    access.write_text("topic read #\ntopic write x\n")
    with Broker(tmp_path, f"allow_anonymous true\nacl_file {access}\nuser root") as broker:
        found = results(tmp_path, broker, servers.Server)
    assert wrong(found) == {"receipted"}
    assert "the broker does not take what" in str(found[0].wrong)
    assert not found[-1].played, "a server that said nothing said nothing wrong, nor right"


@pytest.mark.parametrize(("kind", "checks"), WRONG)
def test_a_wrong_server_is_caught_by_the_check_that_is_for_it(
    tmp_path: Path, kind: type[servers.Server], checks: set[str]
) -> None:
    with Broker(tmp_path) as broker:
        found = results(tmp_path, broker, kind)
    assert wrong(found) == checks, [result for result in found if result.wrong]


class Centre:
    """The reference receiver and the conformance test run as commands."""

    def __init__(self, folder: Path, broker: Broker, url: str) -> None:
        self.folder, self.url = folder, url
        self.address = f"mqtt://{broker.host}:{broker.port}"
        RECEIVER.save(folder / "receiver.key")
        (folder / "receiver.pub").write_text(RECEIVER.public.text)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        done = commands.run("central", *words, cwd=self.folder)
        assert "Traceback" not in done.stderr
        return done

    def judge(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.run("conformance", "--broker", self.address, "--receiver-key", "receiver.pub", *words)

    def register(self, told: str) -> None:
        """Register every kiosk that the conformance test names."""
        for name, key in re.findall(r"^(\S+) signs with the key (\S+)$", told, re.MULTILINE):
            (self.folder / "kiosk.pub").write_text(key)
            assert self.run("kiosks", "add", *name.split("/"), "kiosk.pub", "--database", self.url).returncode == 0

    @contextmanager
    def receiving(self) -> Iterator[None]:
        command = [sys.executable, "-m", "central", "receive", "--database", self.url, "--key", "receiver.key"]
        child = subprocess.Popen(
            [*command, "--broker", self.address], cwd=self.folder, stderr=subprocess.PIPE, text=True
        )
        try:
            assert child.stderr
            assert child.stderr.readline() == f"receiving from {self.address}\n"
            yield
        finally:
            child.terminate()
            child.communicate(timeout=LIMIT_S)
        assert child.returncode == 0


def test_the_reference_receiver_does_nothing_wrong(tmp_path: Path, url: str) -> None:
    with Broker(tmp_path) as broker:
        centre = Centre(tmp_path, broker, url)
        with centre.receiving(), centre.receiving():
            first = centre.judge("--within-s", "1")
            assert first.returncode == 1
            assert re.search(r"^wrong +receipted: no receipt for \S+-1 within 1 s: register it", first.stdout)
            assert "not played  conflict" in first.stdout
            centre.register(first.stderr)
            second = centre.judge("--json")
            again = centre.judge("--json")
    for judged in (second, again):
        found = [json.loads(line) for line in judged.stdout.splitlines()]
        assert [item for item in found if item["wrong"] or not item["played"]] == []
        assert judged.returncode == 0
        assert len(found) == 23


def test_a_broker_that_is_not_there_is_a_failure_and_says_nothing_of_the_server(tmp_path: Path) -> None:
    done = commands.run("central", "conformance", "--broker", f"mqtt://127.0.0.1:{free_port()}", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot reach 127.0.0.1" in done.stderr

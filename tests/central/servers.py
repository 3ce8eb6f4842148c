"""A small server that follows the contract, and variants that each do one thing wrong."""

import json
import queue
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from central.judge import LARGEST, Registered, Sound, Unsound, judge
from kiosk.lab.demo.broker import Broker
from sync.contract import Entry
from sync.contract.topics import DEFAULT_ROOT, Topics, every_entry
from sync.documents.envelope import sign
from sync.documents.receipt import Receipt, Rejection
from sync.mqtt.broker import Connected, Connection, IncomingMessage, Lost, News, Subscribed, Woken
from sync.signing import SigningKey
from tests.sync.helpers import settings
from tests.waiting import LIMIT_S


class Server:
    """A correct server: keeps entries in memory and answers each message by itself. Each variant overrides one
    method."""

    def __init__(self, known: dict[str, Registered], key: SigningKey | None = None) -> None:
        self.known = known
        self.key = key
        self.stored: dict[str, dict[int, Entry]] = {kiosk: {} for kiosk in known}
        self.said: list[tuple[str, bytes]] = []

    @property
    def first(self) -> str:
        return min(self.known)

    def hear(self, topic: str, payload: bytes) -> None:
        verdict = self.verdict(topic, payload)
        if isinstance(verdict, Sound):
            self.take(verdict.entry)
        elif verdict.seq is not None and verdict.problem not in ("topic", "unknown_kiosk"):
            self.reject(topic.split("/")[-2], verdict.seq, verdict.reason)

    def verdict(self, topic: str, payload: bytes) -> Sound | Unsound:
        return judge(topic, payload, DEFAULT_ROOT, self.known)

    def take(self, entry: Entry) -> None:
        kept = self.stored[entry.kiosk]
        if not self.joins(entry):
            self.reject(entry.kiosk, entry.seq, "it does not join those beside it")
        elif kept.get(entry.seq, entry).hash != entry.hash:
            self.conflicting(entry)
        else:
            kept[entry.seq] = entry
            self.receipt(entry.kiosk)

    def joins(self, entry: Entry) -> bool:
        kept = self.stored[entry.kiosk]
        before = kept.get(entry.seq - 1)
        return before is None or entry.prev == before.hash

    def conflicting(self, entry: Entry) -> None:
        self.reject(entry.kiosk, entry.seq, "another entry is stored under its number")

    def receipt(self, kiosk: str) -> None:
        through = self.through(kiosk)
        self.answer(kiosk, Receipt(kiosk=kiosk, unit=self.unit(kiosk), through_seq=through, also=self.also(kiosk)))

    def through(self, kiosk: str) -> int:
        return next(seq for seq in range(len(self.stored[kiosk]) + 1) if seq + 1 not in self.stored[kiosk])

    def also(self, kiosk: str) -> tuple[int, ...]:
        return tuple(seq for seq in sorted(self.stored[kiosk]) if seq > self.through(kiosk))

    def reject(self, kiosk: str, seq: int, reason: str) -> None:
        self.answer(kiosk, Rejection(kiosk=kiosk, unit=self.unit(kiosk), seq=seq, reason=reason[:200]))

    def answer(self, kiosk: str, said: Receipt | Rejection) -> None:
        self.said.append((Topics(DEFAULT_ROOT, self.unit(kiosk), kiosk).receipt, sign(said, self.key)))

    def unit(self, kiosk: str) -> str:
        return self.known[kiosk].unit


class Believes(Server):
    """Receipts messages that are refused for one `problem`."""

    problem: ClassVar[str]

    def verdict(self, topic: str, payload: bytes) -> Sound | Unsound:
        verdict = super().verdict(topic, payload)
        if isinstance(verdict, Unsound) and verdict.problem == self.problem and verdict.seq is not None:
            self.say_stored(topic, verdict.seq)
        return verdict

    def say_stored(self, topic: str, seq: int) -> None:
        *_, unit, kiosk, _entry = topic.split("/")
        said = Receipt(kiosk=kiosk, unit=unit, through_seq=seq)
        self.said.append((Topics(DEFAULT_ROOT, unit, kiosk).receipt, sign(said, self.key)))


class ReceiptsBeforeVerifying(Believes):
    """Receipts every message that contains a sequence number, without checking anything."""

    def hear(self, topic: str, payload: bytes) -> None:
        number = re.search(rb'"seq":([1-9][0-9]{0,9}),', payload)
        if number:
            self.say_stored(topic, int(number[1]))


class ChecksNoSignature(Believes):
    problem = "signature"


class ChecksNoHash(Believes):
    problem = "hash"


class ChecksNoReceiptCode(Believes):
    problem = "receipt"


class ChecksNoTopic(Believes):
    problem = "topic"

    def say_stored(self, _topic: str, seq: int) -> None:
        super().say_stored(Topics(DEFAULT_ROOT, "conformance", self.first).entry, seq)


class KnowsEverybody(Believes):
    problem = "unknown_kiosk"


class ChecksNoChain(Server):
    def joins(self, _entry: Entry) -> bool:
        return True


class TakesAnySize(Server):
    def verdict(self, topic: str, payload: bytes) -> Sound | Unsound:
        return super().verdict(topic, payload.rstrip() if len(payload) > LARGEST else payload)


class TakesTheLastOfTwoKeys(Server):
    def verdict(self, topic: str, payload: bytes) -> Sound | Unsound:
        try:
            plain = json.dumps(json.loads(payload), allow_nan=False).encode()
        except (ValueError, RecursionError):
            plain = payload
        return super().verdict(topic, plain if len(payload) <= LARGEST else payload)


class DropsUnknownFields(Server):
    def verdict(self, topic: str, payload: bytes) -> Sound | Unsound:
        verdict = super().verdict(topic, payload)
        if isinstance(verdict, Unsound) and b'"surprise"' in payload:
            self.said.append((topic.replace("/entry", "/receipt"), self.stored_says(payload)))
        return verdict

    def stored_says(self, payload: bytes) -> bytes:
        document = json.loads(payload)
        said = Receipt(kiosk=document["kiosk"], unit=document["unit"], through_seq=document["seq"])
        return sign(said, self.key)


class IgnoresGaps(Server):
    def through(self, kiosk: str) -> int:
        return max(self.stored[kiosk], default=0)


class KeepsGapsToItself(Server):
    def also(self, _kiosk: str) -> tuple[int, ...]:
        return ()


class AcceptsAConflict(Server):
    def conflicting(self, entry: Entry) -> None:
        self.receipt(entry.kiosk)


class LetsAConflictWin(Server):
    def conflicting(self, entry: Entry) -> None:
        self.stored[entry.kiosk][entry.seq] = entry
        self.reject(entry.kiosk, entry.seq, "another entry was stored under its number")


class AnswersOnce(Server):
    def take(self, entry: Entry) -> None:
        if self.stored[entry.kiosk].get(entry.seq) is None:
            super().take(entry)


class RejectsRepeats(Server):
    def take(self, entry: Entry) -> None:
        if entry.seq in self.stored[entry.kiosk]:
            self.reject(entry.kiosk, entry.seq, "it is stored already")
        super().take(entry)


class NeverLooksBack(Server):
    """Takes only entries beyond the last one. It does not store late entries, although it reports the gap."""

    def take(self, entry: Entry) -> None:
        kept = self.stored[entry.kiosk]
        if entry.seq in kept or entry.seq > max(kept, default=0):
            super().take(entry)


class StaysAtTheGap(Server):
    """Names all stored entries in `also`, but its `through_seq` stays at the first gap for ever."""

    def __init__(self, known: dict[str, Registered], key: SigningKey | None = None) -> None:
        super().__init__(known, key)
        self.stays: dict[str, int] = {}

    def through(self, kiosk: str) -> int:
        through = super().through(kiosk)
        if through < max(self.stored[kiosk], default=0):
            self.stays.setdefault(kiosk, through)
        return self.stays.get(kiosk, through)


class AnswersOnlyTheNewest(Server):
    def take(self, entry: Entry) -> None:
        if entry.seq >= max(self.stored[entry.kiosk], default=0) - 5:
            super().take(entry)


class LosesWhatAlternates(Server):
    """Ignores messages when two kiosks alternate, as a server that is busy with one kiosk could."""

    heard = ("", "", "")

    def hear(self, topic: str, payload: bytes) -> None:
        earlier, before, last = self.heard
        self.heard = (before, last, topic)
        if not (earlier == last != before == topic):
            super().hear(topic, payload)


class DiesOfRubbish(Server):
    dead = False

    def hear(self, topic: str, payload: bytes) -> None:
        self.dead = self.dead or not payload
        if not self.dead:
            super().hear(topic, payload)


class SaysNonsense(Server):
    def receipt(self, kiosk: str) -> None:
        super().receipt(kiosk)
        self.said.append((Topics(DEFAULT_ROOT, self.unit(kiosk), kiosk).receipt, b'{"ok":true}'))


class MixesKiosksUp(Server):
    def answer(self, _kiosk: str, said: Receipt | Rejection) -> None:
        for other in self.known:
            self.said.append((Topics(DEFAULT_ROOT, self.unit(other), other).receipt, sign(said, self.key)))


class SignsNothing(Server):
    def __init__(self, known: dict[str, Registered], _key: SigningKey | None = None) -> None:
        super().__init__(known)


class Silent(Server):
    def hear(self, _topic: str, _payload: bytes) -> None:
        pass


class ForgetsAmidABurst(Server):
    """Loses one entry of a burst, although the ones around it are stored."""

    taken = 0

    def take(self, entry: Entry) -> None:
        self.taken += 1
        if self.taken != 60 or entry.kiosk != self.first:
            super().take(entry)


@contextmanager
def serving(broker: Broker, server: Server) -> Iterator[None]:
    """Run the server in a thread, subscribed when the block begins."""
    inbox: queue.SimpleQueue[News] = queue.SimpleQueue()
    ready, errors = threading.Event(), []
    connection = Connection(settings(broker), "server", inbox)

    def work() -> None:
        try:
            while True:
                match news := inbox.get():
                    case Connected():
                        connection.subscribe(every_entry(DEFAULT_ROOT))
                    case Subscribed():
                        ready.set()
                    case IncomingMessage():
                        server.hear(news.topic, news.payload)
                        for topic, payload in server.said:
                            connection.publish(topic, payload)
                        server.said.clear()
                    case Lost() | Woken():
                        return
        except BaseException as error:
            errors.append(error)
            raise

    thread = threading.Thread(target=work)
    connection.start()
    thread.start()
    try:
        assert ready.wait(LIMIT_S)
        yield
    finally:
        inbox.put(Woken())
        thread.join(LIMIT_S)
        connection.close()
    assert errors == []

"""Gives the broker what kiosks are to have, retained, in an order in which every moment makes sense to them."""

from collections.abc import Collection, Sequence

from central.errand import Errand, errand
from central.store.database import Database
from central.store.documents import Named, Shelf
from sync.broker import BrokerSettings
from sync.news import Acknowledged
from sync.topics import Topics


def publish_pending(database: Database, unit: str, kinds: Collection[str], settings: BrokerSettings, root: str) -> int:
    """Publish the unit's documents that no broker has, and say how many.

    Raises:
        BrokerError, SilenceError: the broker did not take all of it. What it has acknowledged is noted; the next call
            does the rest.
    """
    with database.transaction() as connection:
        pending = Shelf(connection, unit).named(kinds, pending=True)
    if pending:
        with errand(settings) as line:
            # People before the manifest that names them, and those it names no more after it.
            _publish(
                database, unit, [item for item in pending if item.kind == "person" and not item.withdrawn], line, root
            )
            _publish(database, unit, [item for item in pending if item.kind != "person"], line, root)
            _publish(database, unit, [item for item in pending if item.withdrawn], line, root)
    return len(pending)


def _publish(database: Database, unit: str, documents: Sequence[Named], line: Errand, root: str) -> None:
    """Return once the broker has acknowledged all of them."""
    in_flight: dict[int, Named] = {}
    taken: list[Named] = []

    def settle(most: int) -> None:
        while len(in_flight) > most:
            if isinstance(news := line.hear(), Acknowledged):
                taken.append(in_flight.pop(news.mid))

    try:
        for document in documents:
            with database.transaction() as connection:
                payload = Shelf(connection, unit).payload(document.kind, document.about)
            in_flight[line.connection.publish(_topic(document, unit, root), payload, retain=True)] = document
            settle(line.window - 1)
        settle(0)
    finally:
        with database.transaction() as connection:
            Shelf(connection, unit).mark_published(taken)


def _topic(document: Named, unit: str, root: str) -> str:
    topics = Topics(root, unit, "central")  # these topics are the unit's: they name no kiosk
    match document.kind:
        case "roster":
            return topics.manifest
        case "person":
            return topics.person(document.about)
    return topics.policy

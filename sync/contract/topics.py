"""The MQTT topics of the contract."""

from dataclasses import dataclass
from typing import Final, Literal

from sync.contract.fields import check_slug
from sync.errors import ContractError

DEFAULT_ROOT: Final = "senfie/v1"
PARCELS: Final = ("evidence", "enrolment")
"""What is published sealed, by the level of its topics."""

_MAX_ROOT_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one kiosk.

    Raises:
        ContractError: the root is no plain topic, or a name is not a slug.
    """

    root: str
    unit: str
    kiosk: str

    def __post_init__(self) -> None:
        check_root(self.root)
        check_slug(self.unit, "unit")
        check_slug(self.kiosk, "kiosk")

    @property
    def entry(self) -> str:
        """Ledger entries, from the kiosk."""
        return f"{self._base}/entry"

    @property
    def status(self) -> str:
        """Birth, heartbeat and will, retained, from the kiosk."""
        return f"{self._base}/status"

    @property
    def receipt(self) -> str:
        """What central has stored."""
        return f"{self._base}/receipt"

    @property
    def command(self) -> str:
        """Requests from central."""
        return f"{self._base}/command"

    @property
    def replies(self) -> str:
        """What the kiosk answers requests under, one level a request of central's."""
        return f"{self._base}/reply"

    @property
    def enrolments(self) -> str:
        """What sealed templates of people enrolled at the wall are published under, one level a person."""
        return f"{self._base}/enrolment"

    @property
    def evidence(self) -> str:
        """What sealed evidence is published under, one level a record."""
        return f"{self._base}/evidence"

    def parcel(self, kind: Literal["evidence", "enrolment"], key: str) -> str:
        """Where one of them is published: evidence by its record's id, an enrolment by its person."""
        return f"{self.evidence if kind == 'evidence' else self.enrolments}/{key}"

    @property
    def manifest(self) -> str:
        """Who is on the unit's roster, retained, from central."""
        return f"{self.root}/{self.unit}/roster/manifest"

    @property
    def people(self) -> str:
        """What the documents of people are published under, one level a person, retained, from central."""
        return f"{self.root}/{self.unit}/roster/person"

    @property
    def policy(self) -> str:
        """The unit's rules, retained, from central."""
        return f"{self.root}/{self.unit}/policy"

    def person(self, person: str) -> str:
        """The document of one person, retained, from central."""
        return f"{self.people}/{person}"

    def answers(self, topic: str) -> bool:
        """Whether an answer may be published on a topic that a request names: it is plain and under the root."""
        return topic.startswith(f"{self.root}/") and _plain(topic)

    @property
    def _base(self) -> str:
        return f"{self.root}/{self.unit}/{self.kiosk}"


def every_entry(root: str) -> str:
    """The filter that matches the entries of all kiosks under `root`."""
    return f"{check_root(root)}/+/+/entry"


def shared_entries(root: str) -> str:
    """The filter by which several receivers share the entries of all kiosks (MQTT 5, section 4.8.2)."""
    return f"$share/central/{every_entry(root)}"


def shared_parcels(root: str) -> tuple[str, ...]:
    """The filters by which several receivers share what all kiosks publish sealed."""
    return tuple(f"$share/central/{check_root(root)}/+/+/{kind}/+" for kind in PARCELS)


def every_status(root: str) -> str:
    """The filter that matches the status of all kiosks under `root`."""
    return f"{check_root(root)}/+/+/status"


def check_root(root: str) -> str:
    """Return `root` when topics can be built on it: levels of printable characters without wildcards or `$`.

    Raises:
        ContractError: they cannot.
    """
    if not _plain(root) or root.startswith("$") or len(root.encode()) > _MAX_ROOT_LENGTH:
        raise ContractError(
            f"topic root {root!r} is not usable: levels parted by single '/', without '+', '#', spaces or a leading '$'"
        )
    return root


def _plain(topic: str) -> bool:
    """Whether these are levels of printable characters without wildcards, short enough to build on."""
    levels = topic.split("/")
    return all(level and level.isprintable() and not set(level) & set("+# ") for level in levels)

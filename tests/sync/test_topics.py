"""Topics: their form, and that unusable names and roots are refused."""

import paho.mqtt.client as mqtt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.contract.topics import Topics, every_entry, every_status
from sync.errors import ContractError

SLUGS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,63}", fullmatch=True)
LEVELS = st.from_regex(r"[A-Za-z0-9._-]{1,20}", fullmatch=True)


def test_the_topics_of_the_contract() -> None:
    topics = Topics("senfie/v1", "bkpsdm", "lobby")
    assert topics.entry == "senfie/v1/bkpsdm/lobby/entry"
    assert topics.status == "senfie/v1/bkpsdm/lobby/status"
    assert topics.receipt == "senfie/v1/bkpsdm/lobby/receipt"
    assert topics.command == "senfie/v1/bkpsdm/lobby/command"


@given(st.lists(LEVELS, min_size=1, max_size=4).map("/".join), SLUGS, SLUGS)
def test_every_kiosk_is_matched_by_the_filters_and_its_own_alone(root: str, unit: str, kiosk: str) -> None:
    topics = Topics(root, unit, kiosk)
    assert mqtt.topic_matches_sub(every_entry(root), topics.entry)
    assert mqtt.topic_matches_sub(every_status(root), topics.status)
    assert not mqtt.topic_matches_sub(every_entry(root), topics.status)


@pytest.mark.parametrize("root", ["", "/", "a//b", "/a", "a/", "a/+", "#", "$SYS", "a b", "a\0", "a" * 201])
def test_a_root_nothing_can_be_built_on_is_refused(root: str) -> None:
    with pytest.raises(ContractError, match="root"):
        Topics(root, "unit", "kiosk")
    with pytest.raises(ContractError, match="root"):
        every_entry(root)


@pytest.mark.parametrize(("unit", "kiosk"), [("Unit", "a"), ("a", "+"), ("a", "b/c"), ("", "a")])
def test_names_that_are_no_slugs_are_refused(unit: str, kiosk: str) -> None:
    with pytest.raises(ContractError):
        Topics("senfie/v1", unit, kiosk)

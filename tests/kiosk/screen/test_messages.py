"""The script's types are those of the messages."""

import re
from typing import get_args

import pytest
from pydantic import BaseModel

from kiosk.screen import state
from kiosk.web import messages
from tests.kiosk.screen.sources import STATIC

TYPES = (STATIC / "js" / "types.js").read_text("utf-8")
SAME: list[type[BaseModel]] = [
    state.Banner,
    state.Card,
    state.Chips,
    state.Choice,
    state.Enrolment,
    state.Guide,
    state.State,
    messages.CheckMessage,
    messages.Checks,
    messages.Labels,
    messages.Overview,
    messages.OverviewEntry,
    messages.OverviewPerson,
    messages.PageSettings,
    messages.SignedIn,
    messages.Told,
]


@pytest.mark.parametrize("model", SAME, ids=lambda model: model.__name__)
def test_the_page_knows_every_field(model: type[BaseModel]) -> None:
    block = re.search(rf"@typedef {{object}} {model.__name__}\n(.*?)\*/", TYPES, re.DOTALL)
    assert block is not None
    assert re.findall(r"@property {.*} (\w+)\n", block.group(1)) == list(model.model_fields)


def test_the_page_knows_every_choice_of_words() -> None:
    for value in ("plain", "ok", "repeat", "practice", "warning", "refused"):
        assert f'"{value}"' in TYPES
    assert set(re.findall(r'@typedef {("plain".*?)} Tone', TYPES)) == {
        " | ".join(f'"{tone}"' for tone in get_args(state.Tone))
    }

import re
from fnmatch import fnmatchcase
from string import Formatter
from typing import get_args

import pytest

from kiosk.screen.catalogue import LANGUAGES, Language, catalogue
from kiosk.screen.state import Enrolment
from kiosk.web.messages import TestName
from models.liveness.actions import Action
from models.quality import Reason
from sync.contract import StageName
from tests.kiosk.screen.sources import SCRIPTS, Shell, keys_in_code, keys_in_scripts

WORDS = catalogue("id")


def places(phrase: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(phrase) if name is not None}


def unknown(keys: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(where, key) for where, key in keys if not any(fnmatchcase(word, key) for word in WORDS)]


def test_both_languages_say_everything() -> None:
    first, second = (catalogue(language) for language in LANGUAGES)
    assert list(first) == list(second), "the same keys in the same order"
    assert all(phrase.strip() for words in (first, second) for phrase in words.values())


def test_both_languages_have_the_same_places() -> None:
    english = catalogue("en")
    assert [key for key, phrase in WORDS.items() if places(phrase) != places(english[key])] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_help_line_belongs_to_a_phrase(language: Language) -> None:
    words = catalogue(language)
    assert [key for key in words if key.endswith("_help") and key.removesuffix("_help") not in (*words, "pin")] == []


def test_whatever_the_code_says_is_in_the_catalogue() -> None:
    found = list(keys_in_code())
    assert len(found) > 30
    assert unknown(found) == []


def test_whatever_the_page_says_is_in_the_catalogue() -> None:
    shell, said = Shell(), list(keys_in_scripts())
    assert len(shell.keys) > 50
    assert len(said) > 60
    assert unknown([("index.html", key) for key in shell.keys]) == []
    assert unknown(said) == []


def test_keys_that_are_worked_out_are_all_there() -> None:
    poses = get_args(get_args(Enrolment.model_fields["poses"].annotation)[0])
    phases = get_args(Enrolment.model_fields["phase"].annotation)
    wanted = [
        *(
            f"{kind}_{stage}"
            for stage in get_args(StageName)
            for kind in ("stage", "mark")
            if (kind, stage) != ("mark", "active")
        ),
        *(f"enrol_{pose}" for pose in poses),
        *(f"enrol_{phase}" for phase in phases if phase != "look"),
        *(f"test_{what}" for what in get_args(TestName)),
        *(str(key) for key in (*Reason, *Action)),
        *(f"{why}{end}" for why in ("away", "reopen") for end in ("", "_help")),
    ]
    assert [key for key in wanted if key not in WORDS] == []


def test_the_shell_has_no_text_of_its_own() -> None:
    assert [text for text in Shell().texts if re.search(r"[^\W\d_]", text)] == []


def test_the_scripts_have_no_text_of_their_own() -> None:
    """Errors are for who develops the page; everything else that reads like a sentence is somebody's to read."""
    sentences = []
    for path in SCRIPTS:
        code = re.sub(r"/\*.*?\*/|//[^\n]*|new Error\([^\n]*", "", path.read_text("utf-8"), flags=re.DOTALL)
        for text in re.findall(r'"([^"\n]*)"|`([^`]*)`', code):
            plain = re.sub(r"\$\{[^}]*\}|\[[^\]]*\]", "", text[0] or text[1])
            if re.search(r"[^\W\d_]{2,} +[^\W\d_]{2,}", plain):
                sentences.append((path.name, plain))
    assert [found for found in sentences if found[1] not in CODE] == []


CODE = {"card ", "banner  ", "xMidYMid slice"}
"""What only looks like words."""


def test_the_register_is_kept() -> None:
    """Polite, and nobody is called a cheat."""
    forbidden = re.compile(r"\banda\b|wajah palsu|curang|gagal|\bkamu\b|pukul \d\d:", re.IGNORECASE)
    assert [phrase for phrase in WORDS.values() if forbidden.search(phrase.replace("Anda", ""))] == []

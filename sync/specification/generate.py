"""Writes the files of the contract: the wire models as JSON Schema (2020-12), AsyncAPI, and an example."""

import inspect
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from sync.contract.entry import ENTRY
from sync.contract.status import STATUS
from sync.documents.command import COMMAND, Reply
from sync.documents.policy import POLICY
from sync.documents.receipt import ANSWER
from sync.documents.roster import MANIFEST, PERSON, EnrolmentDocument, PersonDetails
from sync.specification.asyncapi import document
from sync.specification.example import example, markdown

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_INSTANT: Final = "RFC 3339 with an offset of whole minutes, 1970 or later. Digits beyond milliseconds are cut."


@dataclass(frozen=True, slots=True)
class Published:
    """A message, or the content sealed in one, whose schema is published in the file `name`.json."""

    name: str
    title: str
    form: TypeAdapter[Any]
    about: str

    @property
    def schema(self) -> JsonSchemaValue:
        """The JSON Schema of the message."""
        described = self.form.json_schema(schema_generator=_Dialect)
        about = " ".join(text for text in (self.about, described.pop("description", "")) if text)
        described.pop("title", None)
        return {"$schema": _DIALECT, "title": self.title, "description": about, **described}


PUBLISHED: Final = (
    Published("entry", "Entry", ENTRY, "One entry of a kiosk's ledger: an attendance record or an event."),
    Published("status", "Status", STATUS, "What a kiosk says of itself."),
    Published("receipt", "Receipt", ANSWER, "What the server has stored, or why it did not take an entry."),
    Published("command", "Command", COMMAND, "What the server asks of one kiosk."),
    Published("reply", "Reply", TypeAdapter(Reply), ""),
    Published("roster-manifest", "Roster manifest", MANIFEST, ""),
    Published("person", "Person document", PERSON, ""),
    Published("person-details", "Person details", TypeAdapter(PersonDetails), "What `sealed` of a person holds."),
    Published("policy", "Policy", POLICY, ""),
    Published("enrolment", "Enrolment", TypeAdapter(EnrolmentDocument), "Travels sealed."),
)
"""Everything that has a schema of its own."""


class _Dialect(GenerateJsonSchema):
    """pydantic's schemas, completed: constants are required, keys of mappings are checked, and validators described."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        inner = field["schema"].get("schema", field["schema"])
        constant = inner["type"] == "literal" and len(inner["expected"]) == 1
        return constant or super().field_is_required(field, total)

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 (it would repeat the name)
        return False

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        described = super().dict_schema(schema)
        return {**described, "additionalProperties": False} if "patternProperties" in described else described

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        described = super().tagged_union_schema(schema)
        described.pop("discriminator", None)  # a keyword of OpenAPI, not of JSON Schema: the constants tell
        return described

    def datetime_schema(self, schema: core_schema.DatetimeSchema) -> JsonSchemaValue:
        return {**super().datetime_schema(schema), "description": _INSTANT}

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        described = super().model_schema(schema)
        rules = [rule_text(rule.func) for rule in schema["cls"].__pydantic_decorators__.model_validators.values()]
        paragraphs = [described.get("description", ""), *rules]
        text = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
        return {**described, "description": re.sub(r"(?<!\n)\n(?!\n)", " ", text)} if text else described


def rule_text(rule: object) -> str:
    """Return the docstring of a validator of several fields, which JSON Schema cannot express."""
    text = inspect.getdoc(rule)
    return f"Rule: {text}" if text else ""


FOLDER: Final = Path(__file__).parents[1] / "contract" / "files"
PAGE: Final = Path(__file__).parents[2] / "docs" / "contract.md"
_VERSION: Final = "1"
_BEGIN, _END = "<!-- example: written by sync.specification.generate -->\n", "<!-- end of the example -->"


def generated() -> dict[Path, str]:
    """Return the text of every generated file, by path."""
    documents: dict[str, Mapping[str, Any]] = {published.name: published.schema for published in PUBLISHED}
    documents |= {"asyncapi": document(_VERSION), "example": example()}
    before, _, rest = PAGE.read_text("utf-8").partition(_BEGIN)
    after = rest.partition(_END)[2]
    files = {FOLDER / f"{name}.json": _text(content) for name, content in documents.items()}
    return files | {PAGE: f"{before}{_BEGIN}{markdown()}{_END}{after}"}


def main() -> None:
    """Write the generated files, and remove those that are no longer generated."""
    FOLDER.mkdir(exist_ok=True)
    fresh = generated()
    for old in FOLDER.iterdir():
        if old not in fresh:
            old.unlink()
    for path, text in fresh.items():
        path.write_text(text, "utf-8")


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()

"""Hypothesis strategies for wire models, made from their JSON Schema."""

import json
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any, TypeVar

from hypothesis import assume
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)

TEXT = st.characters(exclude_categories=["Cs"])
INSTANTS = st.datetimes(
    datetime(1971, 1, 1),
    datetime(2200, 1, 1),
    timezones=st.integers(-840, 840).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)


@st.composite
def wire(draw: st.DrawFn, model: type[Model]) -> Model:
    """Draw a model, read from JSON that its schema allows."""
    document = draw(_documents(model))
    try:
        return model.model_validate_json(json.dumps(document))
    except ValidationError:
        assume(False)  # a rule between fields, which a schema does not tell
        raise


@cache
def _documents(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Return the cached strategy of a model: making one is much slower than drawing from it."""
    schema = model.model_json_schema(mode="validation")
    return _values(schema, schema.get("$defs", {}))


def _values(schema: dict[str, Any], types: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _values(types[schema["$ref"].rpartition("/")[2]], types)
    if options := schema.get("anyOf", schema.get("oneOf")):
        return st.one_of([_values(option, types) for option in options])
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    if "properties" in schema:
        return st.fixed_dictionaries({key: _values(part, types) for key, part in schema["properties"].items()})
    if "patternProperties" in schema:
        ((keys, inner),) = schema["patternProperties"].items()
        return st.dictionaries(_matching(keys), _values(inner, types), max_size=3)
    return st.lists(_values(schema["items"], types), max_size=3) if "items" in schema else _scalar(schema)


def _scalar(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    kinds = {
        "integer": lambda: st.integers(schema["minimum"], schema["maximum"]),
        "number": lambda: st.floats(schema["minimum"], schema["maximum"]),
        "boolean": st.booleans,
        "null": st.none,
        "string": lambda: _string(schema),
    }
    return kinds[schema["type"]]()


def _string(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if schema.get("format") == "date-time":
        return INSTANTS.map(lambda instant: instant.isoformat(timespec="milliseconds"))
    if schema.get("format") == "date":
        return st.dates().map(lambda day: day.isoformat())
    if "pattern" in schema:
        return _matching(schema["pattern"])
    return st.text(TEXT, min_size=schema["minLength"], max_size=schema["maxLength"])


def _matching(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(pattern.replace("$", r"\Z"))

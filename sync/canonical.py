"""Canonical JSON (RFC 8785): writes the bytes that are hashed, and reads JSON as strictly as that needs."""

import json
from typing import Any, Final

import rfc8785

from sync.contract.fields import MAX_SAFE_INTEGER
from sync.errors import ContractError

Document = dict[str, Any]
"""A JSON object as parsed, before it is validated as a model of the contract."""

# The standard encoder is many times faster, and writes the same bytes for all that `_plain` lets through.
_encode: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical(value: Document | str | int) -> bytes:
    """Return the canonical JSON of a document, or of a part of one, in UTF-8.

    Raises:
        ContractError: the value holds something that JSON cannot carry exactly (NaN, an integer beyond 2**53, a lone
            surrogate).
    """
    try:
        return _encode(_plain(value)).encode()
    except (_NotPlainError, UnicodeEncodeError):
        return _by_the_book(value)


def _by_the_book(value: Any) -> bytes:
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        raise ContractError(f"there is no canonical form: {error}") from error


def load(payload: bytes) -> Document:
    """Parse a JSON object under the rules RFC 8785 needs: no repeated key, no NaN, UTF-8.

    Raises:
        ContractError: the payload is not such an object.
    """
    try:
        document = json.loads(
            payload.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_exact
        )
    except (ValueError, RecursionError) as error:
        raise ContractError(f"not a JSON document: {error}") from error
    if not isinstance(document, dict):
        raise ContractError("not a JSON document: an object was expected")
    return document


class _NotPlainError(Exception):
    """The standard encoder may write this in another way than RFC 8785."""


def _plain(value: Any) -> Any:
    """Return the value with whole floats as integers.

    Raises:
        _NotPlainError: the standard encoder may still write the value in another way than RFC 8785.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        # The RFC orders keys by UTF-16 units, the encoder by code points: the same for ASCII.
        if not all(map(str.isascii, value)):
            raise _NotPlainError
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return _plain_float(value)
    if isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER:
        raise _NotPlainError
    return value


def _plain_float(value: float) -> float | int:
    # Both write the shortest digits; their exponents begin at different magnitudes.
    if value.is_integer() and abs(value) <= MAX_SAFE_INTEGER:
        return int(value)
    if 1e-4 <= abs(value) < 1e15:
        return value
    raise _NotPlainError


def _once(pairs: list[tuple[str, Any]]) -> Document:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key is repeated")
    return document


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _exact(digits: str) -> int | float:
    # Canonical JSON writes 1e20 as an integer; it is still the double it was.
    number = int(digits)
    return number if abs(number) <= MAX_SAFE_INTEGER else float(digits)

"""Reads an agency's TOML file, and makes it the signed policy of a unit."""

import json
import tomllib
from collections.abc import Sequence
from datetime import date, datetime, time
from itertools import pairwise
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from central.errors import WrongUseError
from central.store.database import CentralDatabase
from central.store.documents import UnitDocuments, content_of
from sync.contract import StageName
from sync.documents.envelope import SignedModel, sign
from sync.documents.policy import POLICY, Policy
from sync.signing import SigningKey

_STAGES: Final[Sequence[StageName]] = ("inactive", "socialisation", "trial", "active")
_GIVEN: Final = frozenset({*SignedModel.model_fields, "kind"})
"""Keys of a policy that the command fills in."""


def read_policy(file: Path, unit: str, now: datetime) -> Policy:
    """Read a file with the keys of `Policy`. Dates and times may be TOML's own types; clock times are text.

    Raises:
        WrongUseError: the file cannot be used; the message names the file and the key.
    """
    try:
        values = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise WrongUseError(f"{file} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongUseError(f"{file} is not TOML: {error}") from error
    if given := sorted(_GIVEN & values.keys()):
        raise WrongUseError(f"{file}: {', '.join(given)}: not for the file to say, leave it out")
    values |= {"unit": unit, "version": 1, "at": now}
    try:
        return Policy.model_validate_json(json.dumps(values, default=_in_json))
    except ValidationError as error:
        raise WrongUseError("\n  ".join([f"{file} is no policy:", *_lines(error)])) from error


def keep_policy(
    database: CentralDatabase, policy: Policy, agency: SigningKey, now: datetime, *, although_back: bool = False
) -> int:
    """Store a policy as the unit's, and return its version.

    Raises:
        WrongUseError: the unit would go back to an earlier stage, and `although_back` does not allow it.
    """
    values = policy.model_dump(mode="json", exclude={"version", "at", "sig"})
    content = content_of(values | {"signed_by": agency.public.text})

    def make(version: int) -> bytes:
        return sign(policy.model_copy(update={"version": version}), agency)

    with database.transaction() as connection:
        documents = UnitDocuments(connection, policy.unit)
        before = documents.payload("policy", policy.unit)
        if not although_back:
            _only_forward(POLICY.validate_json(before) if before else None, policy, now)
        return documents.put("policy", policy.unit, content, now, make)


def stage_at(policy: Policy, instant: datetime) -> StageName:
    """Return the stage that is in force at an instant."""
    begun = [stage.stage for stage in policy.stages if stage.at <= instant]
    return begun[-1] if begun else "inactive"


def _only_forward(before: Policy | None, policy: Policy, now: datetime) -> None:
    coming = [stage.stage for stage in policy.stages if stage.at > now]
    course = [*([stage_at(before, now)] if before else []), stage_at(policy, now), *coming]
    for stage, following in pairwise(course):
        if _STAGES.index(following) < _STAGES.index(stage):
            raise WrongUseError(
                f"the unit would go back from {stage} to {following}: say --although-back if it is meant"
            )


def _in_json(value: object) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    raise TypeError(f"TOML has no {type(value).__name__}")


def _lines(error: ValidationError) -> list[str]:
    found = error.errors(include_url=False, include_input=False)
    return [f"{'.'.join(map(str, one['loc'])) or 'altogether'}: {one['msg']}" for one in found]

"""What the centre asks of one kiosk, and the kiosk's answer."""

from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from sync.contract.fields import Count, Instant, Label, Seq, Slug, WireModel
from sync.documents.envelope import SignedModel


class _Command(SignedModel):
    """`version` grows with every command to a kiosk; milliseconds since 1970 do well."""

    kind: Literal["command"] = "command"
    kiosk: Slug


class ResendFrom(_Command):
    """Send again from `seq` on; up to and including `through_seq`, or everything when it is null."""

    command: Literal["resend_from"] = "resend_from"
    seq: Seq
    through_seq: Seq | None


class Report(_Command):
    """Say how the kiosk is: the answer is a `Reply` with facts."""

    command: Literal["report"] = "report"


class Reload(_Command):
    """Read the people and the policy again, and ask the broker again for what it retains."""

    command: Literal["reload"] = "reload"


class Say(_Command):
    """Show a line on the screen for some seconds."""

    command: Literal["say"] = "say"
    text: Label
    seconds: Annotated[float, Field(ge=1, le=3600)] = 30.0


Command = ResendFrom | Report | Reload | Say
COMMAND: Final[TypeAdapter[Command]] = TypeAdapter(Annotated[Command, Field(discriminator="command")])

Fact = str | int | float | bool | None


class Reply(WireModel):
    """The kiosk's answer, on the response topic of the request with its correlation data (MQTT 5, section 4.10)."""

    v: Literal[1] = 1
    kind: Literal["reply"] = "reply"
    unit: Slug
    kiosk: Slug
    to_version: Count
    at: Instant
    done: bool
    text: Label
    facts: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")], Fact]

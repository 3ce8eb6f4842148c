"""The channels of the contract as an AsyncAPI 3 document, described from the kiosk's side."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from sync.contract.topics import DEFAULT_ROOT, Topics

_SCHEMA_FORMAT: Final = "application/schema+json;version=2020-12"
_BINDING: Final = "0.2.0"
"""Version of AsyncAPI's MQTT bindings."""

_SLUG: Final = "1 to 64 of a-z, 0-9 and '-', beginning with a letter or digit."
_PARAMETERS: Final = {
    "root": {"description": "What all topics begin with; one or more levels.", "default": DEFAULT_ROOT},
    "unit": {"description": f"The office. {_SLUG}"},
    "kiosk": {"description": f"The device, one of that name for ever. {_SLUG}"},
    "person_id": {"description": f"The agency's own key of a person, never the NIP. {_SLUG}"},
    "record_id": {"description": "The `id` of the record that the evidence belongs to."},
}

Payload = dict[str, Any]
"""A part of the AsyncAPI document, as JSON."""

_MANIFEST: Final = "Everybody of the unit, by the version of each one's document; who is not in it is erased."
_PERSON: Final = "One person, sealed to the unit's key; an empty payload removes the document."
_SEALED: Final = (
    "Bytes sealed with HPKE (RFC 9180, base mode: X25519, HKDF-SHA256, AES-256-GCM): the encapsulated key, then the "
    "ciphertext."
)


@dataclass(frozen=True, slots=True)
class Channel:
    """One topic, with the direction of its messages. Without a `schema` they are sealed bytes."""

    name: str
    action: Literal["send", "receive"]
    address: str
    summary: str
    schema: str | None = None
    retained: bool = False

    @property
    def operation(self) -> str:
        """The id of the operation: what the kiosk does on the topic."""
        return f"{self.action}-{self.name}"


def _channels() -> tuple[Channel, ...]:
    topics = Topics("root", "unit", "kiosk")
    return (
        Channel("entry", "send", topics.entry, "Ledger entries, oldest first, until they are receipted.", "entry"),
        Channel("evidence", "send", f"{topics.evidence}/record_id", "A sealed face crop, after the entries."),
        Channel("enrolment", "send", f"{topics.enrolments}/person_id", "Somebody enrolled at the kiosk, sealed."),
        Channel("status", "send", topics.status, "Birth, heartbeat, and the Last Will.", "status", retained=True),
        Channel("receipt", "receive", topics.receipt, "What is stored, or was not taken and why.", "receipt"),
        Channel("command", "receive", topics.command, "Requests; the answer goes to the response topic.", "command"),
        Channel("manifest", "receive", topics.manifest, _MANIFEST, "roster-manifest", retained=True),
        Channel("person", "receive", f"{topics.people}/person_id", _PERSON, "person", retained=True),
        Channel("policy", "receive", topics.policy, "The rules of the unit.", "policy", retained=True),
    )


def document(version: str) -> Payload:
    """Return the AsyncAPI document. Its messages refer to the schema files beside it."""
    channels = _channels()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "SENFIE Kiosk, the wire contract",
            "version": version,
            "description": "MQTT 5. Told from the kiosk's side: a server receives what is sent here, and sends what is "
            "received. Unknown fields are errors. docs/contract.md says what a server has to verify.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {channel.name: _channel(channel) for channel in channels}
        | {"reply": {"address": None, "messages": {"reply": _message_ref("reply")}}},
        "operations": {channel.operation: _operation(channel) for channel in channels},
        "components": {
            "messages": {channel.name: _message(channel.name, channel.schema) for channel in channels}
            | {"reply": _message("reply", "reply")},
            "parameters": _PARAMETERS,
        },
    }


def _channel(channel: Channel) -> Payload:
    levels = channel.address.split("/")
    return {
        "address": "/".join(f"{{{level}}}" if level in _PARAMETERS else level for level in levels),
        "description": channel.summary,
        "parameters": {level: _ref("components", "parameters", level) for level in levels if level in _PARAMETERS},
        "messages": {channel.name: _message_ref(channel.name)},
    }


def _operation(channel: Channel) -> Payload:
    described: Payload = {
        "action": channel.action,
        "channel": _ref("channels", channel.name),
        "summary": channel.summary,
        "messages": [_ref("channels", channel.name, "messages", channel.name)],
        "bindings": {"mqtt": {"qos": 1, "retain": channel.retained, "bindingVersion": _BINDING}},
    }
    if channel.name == "command":
        described["reply"] = {
            "channel": _ref("channels", "reply"),
            "address": {"location": "$message.header#/responseTopic", "description": "MQTT 5's response topic."},
        }
    return described


def _message(name: str, schema: str | None) -> Payload:
    if schema is None:
        payload: Payload = {"type": "string", "format": "binary", "description": _SEALED}
        return {"name": name, "contentType": "application/octet-stream", "payload": payload}
    return {
        "name": name,
        "contentType": "application/json",
        "payload": {"schemaFormat": _SCHEMA_FORMAT, "schema": {"$ref": f"./{schema}.json"}},
    }


def _message_ref(name: str) -> Payload:
    return _ref("components", "messages", name)


def _ref(*path: str) -> Payload:
    return {"$ref": "#/" + "/".join(path)}

"""The accounts and permissions of NATS: one table, from which the server's configuration is written.

Our own services are users of one account, with the subjects of their role. Everybody else has an account of
their own that imports the few services they may ask. That is more than a list of permitted subjects: an
answer goes where the one who asked wants it, and in our account that could be a subject of the stream.
"""

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from infra.messaging.subjects import ALL_SUBJECTS, EPOCH_SUBJECT, INBOX, STOCK_ARRIVALS, STOCK_ARRIVED, STREAM

#: Our services' account, which has JetStream.
HOUSE: Final = "CLIENTELING"
#: Others ask JetStream below this domain: `$JS.clienteling.API.…`.
API_DOMAIN: Final = "clienteling"


class NatsRole(StrEnum):
    """Whose key a connection is made with."""

    RELAY = "relay"
    PROJECTOR = "projector"
    REACTIONS = "reactions"
    OPS = "ops"
    INVENTORY = "inventory"


def _api(*requests: str) -> list[str]:
    return [f"$JS.API.{request}" for request in requests]


#: Reading the stream by consumers that a process makes for itself.
_READING: Final = [
    *_api(f"STREAM.INFO.{STREAM}", f"STREAM.MSG.GET.{STREAM}"),
    *_api(*(f"CONSUMER.{act}.{STREAM}.*" for act in ("CREATE", "INFO", "MSG.NEXT", "DELETE"))),
    f"$JS.ACK.{STREAM}.>",
]

#: What the users of our own account may publish to.
MAY_PUBLISH: Final[Mapping[NatsRole, list[str]]] = {
    NatsRole.RELAY: [
        ALL_SUBJECTS,
        EPOCH_SUBJECT,
        *_api(f"STREAM.CREATE.{STREAM}", f"STREAM.UPDATE.{STREAM}"),
        *_READING,
    ],
    NatsRole.PROJECTOR: _READING,
    NatsRole.REACTIONS: [
        *_api("STREAM.NAMES", f"STREAM.INFO.{INBOX}", f"STREAM.CREATE.{INBOX}"),
        *_api(*(f"CONSUMER.{act}.*.{STOCK_ARRIVALS}" for act in ("CREATE", "INFO", "MSG.NEXT", "DELETE"))),
        *_api(f"CONSUMER.CREATE.*.{STOCK_ARRIVALS}.{STOCK_ARRIVED}"),
        f"$JS.ACK.*.{STOCK_ARRIVALS}.>",
    ],
    NatsRole.OPS: ["$JS.API.>", "$JS.ACK.>", EPOCH_SUBJECT],
}


def inbox_of(name: str) -> str:
    """Where answers to a user go: the prefix of their subjects. Nobody else may listen there."""
    return f"_INBOX_{name}"


def _denied(role: NatsRole, consumers: Iterable[str]) -> list[str]:
    """What a role may not do to the durables of named consumers, whatever it may do to others'."""
    acts = {
        NatsRole.RELAY: ("MSG.NEXT", "DELETE"),  # It makes them, and looks whether they are there.
        NatsRole.PROJECTOR: ("CREATE", "INFO", "MSG.NEXT", "DELETE"),
    }
    if role is NatsRole.REACTIONS:
        return [f"$JS.API.CONSUMER.*.{STREAM}.>", f"$JS.API.CONSUMER.*.*.{STREAM}.>", f"$JS.ACK.{STREAM}.>"]
    denied: list[str] = []
    for name in consumers if role in acts else ():
        denied += [f"$JS.API.CONSUMER.{act}.{STREAM}.{name}" for act in acts[role]]
        denied.append(f"$JS.ACK.{STREAM}.{name}.>")
    return denied


def accounts_config(public_keys: Mapping[str, str], consumers: Iterable[str]) -> str:
    """The part of a server's configuration with all accounts; `public_keys` by role and by consumer."""
    consumers = sorted(consumers)
    exports: list[Any] = [{"service": STOCK_ARRIVED, "accounts": [NatsRole.INVENTORY]}]
    if consumers:
        exports.append({"stream": EPOCH_SUBJECT, "accounts": consumers})
    accounts: dict[str, Any] = {
        HOUSE: {
            "jetstream": "enabled",
            "users": [
                _user(
                    role,
                    public_keys[role],
                    {"allow": allow, "deny": _denied(role, consumers)},
                    [">"] if role is NatsRole.OPS else [f"{inbox_of(role)}.>"],
                )
                for role, allow in MAY_PUBLISH.items()
            ],
            "exports": exports,
        },
        NatsRole.INVENTORY: {
            "users": [
                _user(
                    NatsRole.INVENTORY,
                    public_keys[NatsRole.INVENTORY],
                    {"allow": [STOCK_ARRIVED]},
                    [f"{inbox_of(NatsRole.INVENTORY)}.>"],
                )
            ],
            "imports": [{"service": {"account": HOUSE, "subject": STOCK_ARRIVED}}],
        },
    }
    for name in consumers:
        services, accounts[name] = _consumer(name, public_keys[name])
        exports += services
    return json.dumps({"accounts": accounts}, indent=1)[2:-1] + "\n"


def _consumer(name: str, public_key: str) -> tuple[list[Any], dict[str, Any]]:
    """What our account exports to a named consumer, and their account: their own durable and nothing else."""
    acknowledging = f"$JS.ACK.{STREAM}.{name}.>"
    requests = [f"API.CONSUMER.{act}.{STREAM}.{name}" for act in ("INFO", "MSG.NEXT")]
    asked = {f"$JS.{request}": f"$JS.{API_DOMAIN}.{request}" for request in requests}
    asked[acknowledging] = acknowledging
    exports = [{"service": subject, "response_type": "Stream", "accounts": [name]} for subject in asked]
    imports: list[Any] = [
        {"service": {"account": HOUSE, "subject": subject}, "to": to} for subject, to in asked.items()
    ]
    imports.append({"stream": {"account": HOUSE, "subject": EPOCH_SUBJECT}})
    publish = {"allow": list(asked.values())}
    return exports, {
        "users": [_user(name, public_key, publish, [f"{inbox_of(name)}.>", EPOCH_SUBJECT])],
        "imports": imports,
    }


def _user(name: str, public_key: str, publish: dict[str, list[str]], subscribe: list[str]) -> dict[str, Any]:
    return {
        "nkey": public_key,
        "permissions": {
            "publish": {kind: subjects for kind, subjects in publish.items() if subjects},
            "subscribe": {"allow": subscribe},
        },
    }

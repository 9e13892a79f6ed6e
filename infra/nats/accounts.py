"""The accounts and permissions of NATS: one table, from which the server's configuration is written.

Our own services are users of one account, with the subjects of their role. Everybody else has an account of
their own that imports the few services they may ask. That is more than a list of permitted subjects: an
answer goes where the one who asked wants it, and in our account that could be a subject of the stream.
"""

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from infra.messaging.subjects import (
    ALL_SUBJECTS,
    ANSWERS,
    COMMAND_SUBJECTS,
    COMMANDS,
    EPOCH_SUBJECT,
    INBOX,
    SENT_COMMANDS,
    STOCK_ARRIVALS,
    STOCK_ARRIVED,
    STREAM,
    answers_to,
    commands_of,
)

#: Our services' account, which has JetStream.
HOUSE: Final = "CLIENTELING"
#: Others ask JetStream below this domain: `$JS.clienteling.API.…`.
API_DOMAIN: Final = "clienteling"


class NatsRole(StrEnum):
    """Whose key a connection is made with."""

    RELAY = "relay"
    PROJECTOR = "projector"
    REACTIONS = "reactions"
    API = "api"
    OPS = "ops"
    INVENTORY = "inventory"


def _api(*requests: str) -> list[str]:
    return [f"$JS.API.{request}" for request in requests]


def _making(*streams: str) -> list[str]:
    """Making streams, and bringing their settings back."""
    return _api(*(f"STREAM.{act}.{name}" for act in ("INFO", "CREATE", "UPDATE") for name in streams))


def _answering(sender: str) -> list[str]:
    """Answering a sender, and making the durable by which they read the answers."""
    durable = f"{ANSWERS}.{sender}"
    return [
        answers_to(sender),
        *_api(f"CONSUMER.INFO.{durable}", f"CONSUMER.CREATE.{durable}.{answers_to(sender)}"),
    ]


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
        *_api(*(f"STREAM.{act}.{STREAM}" for act in ("CREATE", "UPDATE", "DELETE"))),
        *_READING,
    ],
    NatsRole.PROJECTOR: _READING,
    NatsRole.REACTIONS: [
        "$JS.API.STREAM.NAMES",
        *_making(INBOX, ANSWERS),
        *_api(*(f"CONSUMER.{act}.*.{STOCK_ARRIVALS}" for act in ("CREATE", "INFO", "MSG.NEXT", "DELETE"))),
        *_api(f"CONSUMER.CREATE.*.{STOCK_ARRIVALS}.{STOCK_ARRIVED}"),
        f"$JS.ACK.*.{STOCK_ARRIVALS}.>",
        *_answering(NatsRole.INVENTORY),
    ],
    NatsRole.API: [
        *_making(COMMANDS, ANSWERS),
        *_api(*(f"CONSUMER.{act}.{COMMANDS}.*" for act in ("INFO", "MSG.NEXT"))),
        *_api(f"CONSUMER.CREATE.{COMMANDS}.*.>"),
        f"$JS.ACK.{COMMANDS}.>",
        *_answering("*"),
    ],
    # Commands that were put aside are sent anew by an operator.
    NatsRole.OPS: ["$JS.API.>", "$JS.ACK.>", EPOCH_SUBJECT, COMMAND_SUBJECTS],
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
    if role is NatsRole.OPS:
        # What others have told is nowhere else: it goes by its age alone.
        return [
            request
            for stream in (INBOX, COMMANDS)
            for request in (
                *_api(*(f"STREAM.{act}.{stream}" for act in ("DELETE", "PURGE", "MSG.DELETE", "UPDATE"))),
                f"$JS.API.CONSUMER.MSG.NEXT.{stream}.>",
                f"$JS.ACK.{stream}.>",
            )
        ]
    denied: list[str] = []
    for name in consumers if role in acts else ():
        denied += [f"$JS.API.CONSUMER.{act}.{STREAM}.{name}" for act in acts[role]]
        denied.append(f"$JS.ACK.{STREAM}.{name}.>")
    return denied


def accounts_config(
    public_keys: Mapping[str, str], consumers: Iterable[str], stores: Iterable[str] = ()
) -> str:
    """The part of a server's configuration with all accounts; `public_keys` by role, consumer and store."""
    consumers = sorted(consumers)
    exports: list[Any] = []
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
        }
    }
    inventory = NatsRole.INVENTORY
    guests = [Guest(inventory, ANSWERS, hears=answers_to(inventory), sends={STOCK_ARRIVED: STOCK_ARRIVED})]
    guests += [Guest(name, STREAM, hears=EPOCH_SUBJECT) for name in consumers]
    # Whose commands they are says our server, not whoever sends them.
    guests += [
        Guest(name, ANSWERS, hears=answers_to(name), sends={commands_of(name): SENT_COMMANDS})
        for name in stores
    ]
    for guest in guests:
        exports += guest.exports()
        accounts[guest.name] = guest.account(public_keys[guest.name])
    if consumers:
        exports.append({"stream": EPOCH_SUBJECT, "accounts": consumers})
    return json.dumps({"accounts": accounts}, indent=1)[2:-1] + "\n"


class Guest(NamedTuple):
    """Somebody with an account of their own, and what it imports of ours.

    They read by the durable of their name on `stream`, hear `hears`, and send `sends`: theirs by ours.
    """

    name: str
    stream: str
    hears: str
    sends: Mapping[str, str] = {}

    @property
    def _asks(self) -> dict[str, str]:
        requests = [f"API.CONSUMER.{act}.{self.stream}.{self.name}" for act in ("INFO", "MSG.NEXT")]
        acknowledging = f"$JS.ACK.{self.stream}.{self.name}.>"
        asked = {f"$JS.{request}": f"$JS.{API_DOMAIN}.{request}" for request in requests}
        return {**asked, acknowledging: acknowledging}

    def exports(self) -> list[Any]:
        """What our account lets them ask and send, and hear alone."""
        asked = [
            {"service": subject, "response_type": "Stream", "accounts": [self.name]} for subject in self._asks
        ]
        sent = [{"service": subject, "accounts": [self.name]} for subject in self.sends]
        heard = [{"stream": self.hears, "accounts": [self.name]}] if self.stream == ANSWERS else []
        return [*asked, *sent, *heard]

    def account(self, public_key: str) -> dict[str, Any]:
        """Their account, which has nothing else."""
        services = {**self._asks, **self.sends}
        imports: list[Any] = [
            {"service": {"account": HOUSE, "subject": subject}, "to": to} for subject, to in services.items()
        ]
        imports.append({"stream": {"account": HOUSE, "subject": self.hears}})
        allowed = {"allow": list(services.values())}
        return {
            "users": [_user(self.name, public_key, allowed, [f"{inbox_of(self.name)}.>", self.hears])],
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

"""Two stores with their people, customers, receipts and acts, and what each role would send about them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

import httpx

from domain.decide import COMMANDS
from infra.settings import Settings
from services.api.auth.own_keys import sign_token
from services.api.auth.permissions import MAINTENANCE
from services.api.auth.principal import Role
from services.api.resources.route_handlers import ROUTE_HANDLERS
from tests.services.api.sending import PLAN, answered, hire, register, sale_of
from tests.tokens import every_right

#: Whose a thing is, as seen by Anna of downtown: hers, Ben's of the same store, Cora's of uptown, nobody's.
Whose = Literal["own", "store", "foreign", "missing"]
WHOSE: tuple[Whose, ...] = get_args(Whose)
PATHS = {str(handler.name): next(iter(handler.paths)) for handler in ROUTE_HANDLERS}
#: The parameters by which lists are narrowed to what belongs to somebody.
ASKED_OF = {
    "associates": ("store_id",),
    "heroics": ("store_id",),
    "deficits": ("store_id",),
    "customers_kept": ("store_id",),
    "missing_hours": ("scope",),
    "sales": ("store_id",),
    "questions": ("associate_id",),
    "service_standards": ("associate_id",),
}
#: So far ahead that every command is refused, once it may be sent at all: a walk leaves no trace.
TO_COME = "2190-01-01T00:00:00Z"
DAY = "2026-03-02"
LINE = {"sku": "S", "quantity": 1, "unit_price_minor": 100}
#: What a command needs beside the ids of what it is about.
FIELDS: dict[str, dict[str, Any]] = {
    "learn-name": {"name": "N"},
    "add-contact-point": {"kind": "phone", "value": "1"},
    "set-contact-preference": {"channel": "call", "allowed": True},
    "record-size": {"kind": "shoe", "size": "38"},
    "record-taste": {"kind": "label", "value": "L"},
    "record-occasion": {"kind": "trip", "on": DAY},
    "add-note": {"text": "T"},
    "fulfil-wish": {"wish_id": 1},
    "log-contact": {"channel": "call", "purpose": "wish"},
    "plan-follow-up": {"due_on": DAY, "reason": "R"},
    "complete-follow-up": {"follow_up_id": 1},
    "remove-contact-point": {"contact_point_id": 1},
    "remove-contact": {"contact_id": 1},
    "remove-size": {"kind": "shoe"},
    "remove-occasion": {"occasion_id": 1},
    "remove-note": {"note_id": 1},
    "withdraw-wish": {"wish_id": 1},
    "cancel-follow-up": {"follow_up_id": 1},
    "reopen-follow-up": {"follow_up_id": 1},
    "reopen-wish": {"wish_id": 1},
    "record-sale": {"currency": "USD", "lines": [LINE]},
    "correct-attribution": {"line_no": 1, "attribution": []},
    "allow-price": {"line_no": 1, "amount_minor": 1},
    "accept-return": {"currency": "USD", "lines": [{"sku": "S", "refund_minor": 1}]},
    "report-heroic-act": {"kind": "other", "story": "S"},
    "retell-heroic-act": {"told_to": "team"},
    "hire-associate": {"plan": PLAN},
    "change-pay-plan": {"plan": PLAN, "effective_on": DAY},
    "leave-as-announced": {"left_on": DAY},
    "record-hours": {"worked_on": DAY},
    "issue-statement": {"period_id": "P"},
    "sign-statement-by-time": {"after_days": 14},
    "question-entry": {"question": "Q"},
    "answer-question": {"question_id": f"que_{'1' * 32}", "outcome": "declined", "reason": "R"},
    "open-pay-period": {"period_id": "P", "starts_on": DAY, "ends_on": DAY},
    "close-pay-period": {"period_id": "P"},
    "reopen-pay-period": {"period_id": "P"},
    "record-stock-arrival": {"items": [{"sku": "S"}]},
    "adopt-score-parameters": {"parameters": {}},
    "open-store": {"name": "S", "time_zone": "UTC", "currency": "USD"},
    "define-service-standard": {"kind": "thank_you", "within_days": 1},
    "withdraw-service-standard": {"kind": "thank_you"},
    "retry_dead_letter": {"source": "log", "key": "1"},
    "discard_dead_letter": {"source": "log", "key": "1", "reason": "R"},
    "rebuild_projections": {"projections": ["none"]},
}


@dataclass
class World:
    """The ids of things by whose they are, under the names of parameters and fields; and tokens."""

    settings: Settings
    things: dict[Whose, dict[str, str]] = field(default_factory=dict[Whose, dict[str, str]])
    mona: str = ""

    def id_of(self, whose: Whose) -> str:
        """The associate: Anna, Ben of her store, Cora of the other."""
        return self.things[whose]["associate_id"]

    def headers(self, role: Role, **claims: Any) -> dict[str, str]:
        """The headers of a token of somebody in this role: Anna, Mona the manager, downtown's till, …"""
        stores = ("downtown",) if role in ("associate", "manager", "point_of_sale") else ()
        associate_id = {"associate": self.id_of("own"), "manager": self.mona}.get(role)
        given: dict[str, Any] = {"associate_id": associate_id, "stores": stores, **claims}
        return {"Authorization": f"Bearer {sign_token(self.settings, role=role, hours=1, **given)}"}

    def body(self, command: str, fields: Mapping[str, Any], whose: Whose, role: Role) -> dict[str, Any]:
        """A command about somebody's things, as far as it has such fields; refused for its date at last."""
        given: dict[str, Any] = {name: value for name, value in self.things[whose].items() if name in fields}
        if "heroes" in fields:
            given["heroes"] = [self.id_of("store")]
        if command == "log-contact":
            anna = self.id_of("own")
            given["contacted_by"] = self.mona if role == "manager" else anna
        if command in ("hire-associate", "register-customer", "record-sale", "accept-return"):
            given = {"store_id": self.things[whose]["store_id"]}
        return {**given, **FIELDS.get(command, {}), "occurred_at": TO_COME}


async def made_world(client: httpx.AsyncClient, settings: Settings) -> World:
    """The world, recorded over HTTP by a service that may do everything."""
    world = World(settings)
    client.headers.update(every_right(settings.data_dir))
    for store in ("downtown", "uptown"):
        await answered(client, "open-store", store_id=store, name=store, time_zone="UTC", currency="USD")
    world.mona = await hire(client, name="Mona", store_id="downtown")
    witness = await hire(client, name="Will", store_id="downtown")
    of: tuple[tuple[Whose, str, str], ...] = (
        ("own", "Anna", "downtown"), ("store", "Ben", "downtown"), ("foreign", "Cora", "uptown"),
    )  # fmt: skip
    for whose, name, store in of:
        world.things[whose] = await _things(client, witness, name, store)
    world.things["missing"] = {
        name: f"{value[:4]}{'0' * 32}" for name, value in world.things["foreign"].items()
    } | {"store_id": "nowhere", "scope": "nowhere", "period_id": "P"}
    del client.headers["Authorization"]
    return world


async def _things(client: httpx.AsyncClient, witness: str, name: str, store: str) -> dict[str, str]:
    associate = await hire(client, name=name, store_id=store)
    customer = await register(client, name=f"{name}'s first")
    other = await register(client, name=f"{name}'s second")
    for one in (customer, other):
        await answered(client, "assign-owner", customer_id=one, associate_id=associate)
    sold = await answered(client, "record-sale", **sale_of(associate, customer_id=customer, store_id=store))
    goods = {"currency": "USD", "lines": [{"sku": "X", "refund_minor": 100}], "reason": "Too small"}
    back = await answered(client, "accept-return", store_id=store, customer_id=customer, **goods)
    told = {"kind": "other", "story": f"{name} stayed", "store_id": store, "customer_id": customer}
    act = await answered(client, "report-heroic-act", heroes=[associate], reported_by=witness, **told)
    return {
        "associate_id": associate,
        "customer_id": customer,
        "merged_customer_id": other,
        "sale_id": sold["ids"]["sale_id"],
        "return_id": back["ids"]["return_id"],
        "act_id": act["ids"]["act_id"],
        "store_id": store,
        "scope": store,
        "period_id": "P",
        "task_id": f"tsk_{'0' * 32}",
    }


async def asked(
    client: httpx.AsyncClient,
    world: World,
    operation: str,
    whose: Whose,
    role: Role,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """The answer to an operation about somebody's things, sent in a role."""
    name, _, variant = operation.partition("?")
    if name in MAINTENANCE:
        given = world.headers(role) if headers is None else headers
        return await client.post(PATHS[name], json=FIELDS[name], headers=given)
    things = world.things[whose]
    path = re.sub(r"{(\w+):str}", lambda found: things[found[1]], PATHS[name])
    given = world.headers(role) if headers is None else headers
    if name in COMMANDS:
        body = world.body(name, dict.fromkeys(COMMANDS[name].__struct_fields__), whose, role)
        return await client.post(path, json=body, headers={**given, "Idempotency-Key": "asked"})
    parameters = dict([variant.split("=")]) if variant else {}
    parameters |= {field: things[field] for field in ASKED_OF.get(name, ())}
    return await client.get(path, params=parameters, headers=given)


def cells_of(text: str) -> list[tuple[str, Whose]]:
    """`operation:whose`, many of them."""
    return [(operation, cast("Whose", whose)) for operation, whose in re.findall(r"(\S+):(\w+)", text)]

"""`clienteling webhooks`: the endpoints of others to which events are sent."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from cyclopts import App, Parameter
from cyclopts.validators import Number

from domain.ids import PARTITIONS
from domain.messages import Refused
from infra import signals
from infra.clock import now
from infra.ids import new_id
from infra.messaging.event_filter import EventFilter
from infra.projection_store.health import fresh_statuses
from infra.projection_store.heartbeats import heartbeats
from infra.runtime import Runtime, open_runtime
from infra.vault import prepare_vault
from infra.vault.webhook_secrets import add_webhook_secret, remove_webhook_secrets, webhook_secrets_of
from infra.webhook_client import Answer, WebhookClient, problem_of_url
from infra.webhook_store.endpoints import (
    EndpointChange,
    add_endpoint,
    changes_of,
    endpoint_of,
    lineage_in,
    record_change,
    remove_endpoint,
    set_endpoint_paused,
)
from services.cli.output import Output, WrongUsage, say
from services.cli.tables import table
from services.cli.webhook_table import draw_webhooks
from services.read_models.webhook_status import WebhookLine, webhook_lines
from services.webhooks.signing import signed_headers

NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")
TYPE = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
#: Receivers pass over what they do not know: it says nothing but that they can be reached.
TEST_TYPE = "webhook.test.v1"

app = App(name="webhooks", help_format="plaintext")

Name = Annotated[str, Parameter(help="The endpoint's name, as `list` shows it.")]
Reason = Annotated[str | None, Parameter(help="Why; it is kept with who did it, see `changes`.")]


class Added(msgspec.Struct, frozen=True):
    """An endpoint and the secret that signs what is sent to it. The secret is not shown again."""

    name: str
    secret: str


class Tested(msgspec.Struct, frozen=True, kw_only=True):
    """What an endpoint answered; `reason`: why it would not count as taken."""

    name: str
    taken: bool
    status: int | None
    reason: str | None


@app.command
def add(
    url: Annotated[str, Parameter(help="Where events are sent: https://...")],
    *,
    name: Annotated[str | None, Parameter(help="What it is called; else the host of the address.")] = None,
    type_: Annotated[
        tuple[str, ...],
        Parameter(name="--type", help="Only these types, or types that begin so up to a dot; repeatable."),
    ] = (),
    partition: Annotated[tuple[int, ...], Parameter(help="Only these partitions, 0 to 63; repeatable.")] = (),
    from_: Annotated[
        str, Parameter(name="--from", help="Behind which position it begins: a number, beginning or now.")
    ] = "now",
    reason: Reason = None,
    output: Output = Output(),
) -> int:
    """Add an endpoint and print its secret, once. The service begins to send within a second.

    For example:

        clienteling webhooks add https://billing.example/hooks --name billing
        clienteling webhooks add https://crm.example/ --type sale --from beginning
    """
    wanted = _filter(type_, partition)
    with _managing() as (runtime, connection):
        private = runtime.settings.webhooks_private_addresses == "allowed"
        if (problem := problem_of_url(url, private=private)) is not None:
            raise WrongUsage(problem)
        called = name or str(urlsplit(url).hostname)
        if not NAME.fullmatch(called):
            raise WrongUsage("a name has lower-case letters, digits, '.' and '-', at most 63; say --name")
        after = _position(from_, runtime.log.last_position())
        with connection.transaction():
            endpoint_id = add_endpoint(connection, called, url, wanted, after, lineage_in(connection))
            master = prepare_vault(runtime.settings, connection)
            added = Added(called, add_webhook_secret(connection, master, endpoint_id))
            record_change(connection, called, f"added {url} behind position {after}", reason)
    output.show(added, _draw_added)
    return 0


@app.command(name="list")
def list_(*, output: Output = Output()) -> int:
    """List the endpoints: how far each is, what it lags behind. Exit code 1 when one needs looking at.

    For example:

        clienteling webhooks list
        clienteling webhooks list --json
    """
    lines = _lines()
    output.show(lines, draw_webhooks)
    return 0 if all(line.well for line in lines) else 1


@app.command
def show(name: Name, *, output: Output = Output()) -> int:
    """Show one endpoint. The secret is not shown: `rotate` makes another one.

    For example:

        clienteling webhooks show billing
    """
    with _managing() as (_, connection):
        endpoint_of(connection, name)
    (line,) = [one for one in _lines() if one.name == name]
    fields = msgspec.structs.asdict(line)
    output.show(line, lambda _: table("", ("", name), [(key, _text(fields[key])) for key in fields]))
    return 0


@app.command
def changes(
    name: Annotated[str | None, Parameter(help="Only of this endpoint; also of one that is gone.")] = None,
    *,
    output: Output = Output(),
) -> int:
    """Show who changed what of the endpoints, when and why.

    For example:

        clienteling webhooks changes
        clienteling webhooks changes billing --json
    """
    with _managing() as (_, connection):
        found = changes_of(connection, name)
    output.show(found, _draw_changes)
    return 0


@app.command
def rotate(
    name: Name,
    *,
    hours: Annotated[
        float, Parameter(help="So long the old secret signs, too.", validator=Number(gte=0, lte=720))
    ] = 24,
    reason: Reason = None,
    output: Output = Output(),
) -> int:
    """Make a new secret and print it, once; the old one signs beside it for some hours.

    For example:

        clienteling webhooks rotate billing
        clienteling webhooks rotate billing --hours 0 --reason "it was in a log"
    """
    with _managing() as (runtime, connection):
        endpoint = endpoint_of(connection, name)
        with connection.transaction():
            master = prepare_vault(runtime.settings, connection)
            secret = add_webhook_secret(connection, master, endpoint.endpoint_id, old_seconds=hours * 3_600)
            record_change(connection, name, f"rotated, the old secret signs for {hours:g} hours", reason)
    output.show(Added(name, secret), _draw_added)
    return 0


@app.command
def pause(name: Name, *, reason: Reason = None) -> int:
    """Send nothing until it is resumed; the endpoint keeps its place.

    For example:

        clienteling webhooks pause billing --reason "they move their servers"
    """
    return _change(name, "paused", reason)


@app.command
def resume(name: Name, *, reason: Reason = None) -> int:
    """Send again from where it was paused or disabled.

    For example:

        clienteling webhooks resume billing
    """
    return _change(name, "resumed", reason)


@app.command
def remove(name: Name, *, reason: Reason = None) -> int:
    """Remove an endpoint with its place, its secrets and what is parked for it.

    For example:

        clienteling webhooks remove billing --reason "the contract ended"
    """
    return _change(name, "removed", reason)


@app.command(name="test")
def send_test(name: Name, *, output: Output = Output()) -> int:
    """Send a signed event of the type webhook.test.v1, and say what was answered. Exit code 1: not taken.

    For example:

        clienteling webhooks test billing
    """
    with _managing() as (runtime, connection):
        endpoint = endpoint_of(connection, name)
        master = prepare_vault(runtime.settings, connection)
        secrets = webhook_secrets_of(connection, master, endpoint.endpoint_id)
        settings = runtime.settings
    event_id = new_id("tst")
    event = {
        "specversion": "1.0",
        "id": event_id,
        "source": settings.event_source,
        "type": TEST_TYPE,
        "subject": name,
        "time": now(),
        "datacontenttype": "application/json",
        "data": {},
    }
    body = msgspec.json.encode(event)

    async def send() -> Answer:
        async with WebhookClient(settings, endpoint.url) as client:
            return await client.post(signed_headers(event_id, now(), body, secrets), body)

    answer = signals.run(send)
    taken = answer.reason is None
    tested = Tested(name=name, taken=taken, status=answer.status, reason=answer.reason)
    output.show(tested, lambda _: say(f"{name}: {'taken' if taken else answer.reason}"))
    return 0 if taken else 1


def _change(name: str, change: Literal["paused", "resumed", "removed"], reason: str | None) -> int:
    with _managing() as (_, connection), connection.transaction():
        endpoint = endpoint_of(connection, name)
        if change == "removed":
            remove_webhook_secrets(connection, endpoint.endpoint_id)
            remove_endpoint(connection, endpoint.endpoint_id)
        else:
            set_endpoint_paused(connection, endpoint.endpoint_id, paused=change == "paused")
        record_change(connection, name, change, reason)
    return 0


@contextmanager
def _managing() -> Generator[tuple[Runtime, Any]]:
    with open_runtime() as runtime, runtime.connect("webhooks") as connection:
        yield runtime, connection


def _lines() -> list[WebhookLine]:
    with _managing() as (runtime, connection):
        seconds = runtime.settings.service_heartbeat_seconds
        beats = fresh_statuses("webhooks", heartbeats(connection), now(), seconds)
        return webhook_lines(connection, beats, runtime.log.last_position())


def _filter(types: tuple[str, ...], partitions: tuple[int, ...]) -> EventFilter:
    for one in types:
        if not TYPE.fullmatch(one):
            raise WrongUsage(f"{one} is no type, such as sale or sale.recorded.v1")
    for one in partitions:
        if not 0 <= one < PARTITIONS:
            raise WrongUsage(f"partitions are 0 to {PARTITIONS - 1}")
    return EventFilter(types, frozenset(partitions))


def _position(text: str, end: int) -> int:
    if text in ("beginning", "now"):
        return 0 if text == "beginning" else end
    if not text.isdecimal() or len(text) > 18:
        raise WrongUsage("--from is a position, beginning or now")
    if int(text) > end:
        raise Refused("position_not_reached", f"the log ends at position {end}", "--from")
    return int(text)


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def _draw_added(added: Added) -> None:
    say(f"name    {added.name}")
    say(f"secret  {added.secret}")
    say("The secret is not shown again.")


def _draw_changes(found: list[EndpointChange]) -> None:
    rows = [
        (one.at.isoformat(timespec="seconds"), one.actor, one.name, one.change, one.reason) for one in found
    ]
    table("", ("at", "actor", "webhook", "change", "reason"), rows)

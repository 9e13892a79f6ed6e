"""`clienteling events`: the log and the stream it becomes."""

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter

from domain.messages import NotFound
from infra.event_store.log import EventLog, LoggedEvent
from services.ops.output import Json, document, out, table
from services.ops.shop import opened_shop

app = App(name="events", help="The log of facts: show, tail.", help_format="plaintext")

PAGE_EVENTS = 1_000


class ShownEvent(msgspec.Struct, frozen=True):
    """A fact as it is shown: its places, its topic and its content."""

    position: int
    stream_id: str
    version: int
    topic: str
    customer_id: str | None
    content: Any


@app.command
def show(
    *,
    after: Annotated[int, Parameter(help="Begin behind this position.")] = 0,
    limit: Annotated[int, Parameter(help="Show at most so many.")] = 20,
    last: Annotated[bool, Parameter(help="Show the last ones instead of the first.", negative="")] = False,
    stream: Annotated[str | None, Parameter(help="Only the history of this aggregate, e.g. sal_...")] = None,
    customer: Annotated[str | None, Parameter(help="Only what concerns this customer, cus_...")] = None,
    topic: Annotated[
        str | None, Parameter(help="Only topics that begin so, e.g. sale. or sale.recorded.v1")
    ] = None,
    open_: Annotated[
        bool, Parameter(name="--open", help="Open the personal data; needs the vault's key.", negative="")
    ] = False,
    json: Json = False,
) -> int:
    """Show facts of the log in their order. Personal data stays sealed unless --open is given."""
    with opened_shop() as shop:
        if last and stream is None and customer is None and topic is None:
            after = max(after, shop.log.last_position() - limit)
        chosen: list[LoggedEvent] = []
        for event in _events(shop.log, after, stream, customer):
            if topic is not None and not event.topic.startswith(topic):
                continue
            chosen.append(event)
            if len(chosen) == limit and not last:
                break
        chosen = chosen[-limit:]
        if not chosen and (stream or customer):
            raise NotFound("nothing_found", f"the log holds nothing of {stream or customer}")
        shown = [_shown(event) for event in chosen]
        if open_:
            shown = [
                msgspec.structs.replace(event, content=shop.vault.open_document(event.content))
                for event in shown
            ]
    if json:
        document(shown)
    else:
        table(
            "",
            (("position", "right"), "topic", "stream", ("version", "right")),
            ((event.position, event.topic, event.stream_id, event.version) for event in shown),
        )
        if len(shown) <= 5 or open_ or stream:
            for event in shown:
                out.print(f"[bold]{event.position}[/] {event.topic}")
                out.print_json(data=msgspec.to_builtins(event.content))
    return 0


def _events(log: EventLog, after: int, stream: str | None, customer: str | None) -> Iterator[LoggedEvent]:
    if stream is not None or customer is not None:
        history = log.read_stream(stream) if stream is not None else log.read_customer(customer or "")
        yield from (event for event in history if event.position > after)
        return
    while page := log.read(after, PAGE_EVENTS):
        yield from page
        after = page[-1].position


def _shown(event: LoggedEvent) -> ShownEvent:
    return ShownEvent(
        event.position,
        event.stream_id,
        event.version,
        event.topic,
        event.customer_id,
        msgspec.json.decode(event.state),
    )

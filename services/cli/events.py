"""`clienteling events`: the log and the stream it becomes."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter
from cyclopts.validators import Number

from domain.messages import NotFound, Refused
from infra import signals
from infra.event_store.log import END_OF_LOG, EventLog, LoggedEvent
from infra.messaging.foreign import ForeignMessages
from infra.messaging.reading import EventsMissing, NoStream, StreamSilent, stream_messages
from infra.runtime import Runtime, open_runtime
from services.cli.output import Output, Yes, complain, flag, out, progress, say
from services.cli.personal_data import decrypted
from services.cli.tables import table
from services.recovery.epochs import stamps_of, stream_client

app = App(name="events", help_format="plaintext")

PAGE_EVENTS = 1_000
#: So many events are shown with their content, too.
WHOLE_EVENTS_MAX = 5

NOT_NEGATIVE = Number(gte=0)
After = Annotated[int, Parameter(help="Begin behind this position.", validator=NOT_NEGATIVE)]


class ShownEvent(msgspec.Struct, frozen=True):
    """An event as it is shown: its metadata, its topic and its content."""

    position: int
    stream_id: str
    version: int
    topic: str
    customer_id: str | None
    content: Any


@app.command
def show(
    *,
    after: After = 0,
    limit: Annotated[int, Parameter(help="Show at most so many.", validator=Number(gte=1))] = 20,
    last: Annotated[bool, flag("Show the last ones instead of the first.")] = False,
    stream: Annotated[str | None, Parameter(help="Only the history of this aggregate, e.g. sal_...")] = None,
    customer: Annotated[str | None, Parameter(help="Only what concerns this customer, cus_...")] = None,
    topic: Annotated[
        str | None, Parameter(help="Only topics that begin so, e.g. sale. or sale.recorded.v1")
    ] = None,
    open_: Annotated[bool, flag("Decrypt the personal data; needs the master key.", "--open")] = False,
    output: Output = Output(),
) -> int:
    """Show events of the log in their order. Personal data stays sealed unless --open is given.

    For example:

        clienteling events show --last --limit 3
        clienteling events show --topic sale. --after 1000
        clienteling events show --customer cus_... --open
    """
    with open_runtime() as runtime:
        _must_be_in_the_log(runtime.log, after)
        if last and stream is None and customer is None and topic is None:
            after = max(after, runtime.log.last_position() - limit)
        chosen: list[LoggedEvent] = []
        for event in _events(runtime.log, after, stream, customer):
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
            contents = msgspec.json.encode([event.content for event in shown])
            opened = msgspec.json.decode(decrypted(runtime, "clienteling events show", contents))
            shown = [
                msgspec.structs.replace(event, content=content)
                for event, content in zip(shown, opened, strict=True)
            ]
    whole = len(shown) <= WHOLE_EVENTS_MAX or open_ or stream is not None
    output.show(shown, lambda events: _draw(events, whole=whole))
    return 0


@app.command
def tail(
    *,
    after: Annotated[
        int | None,
        Parameter(help="Begin behind this position; only what is new when left out.", validator=NOT_NEGATIVE),
    ] = None,
    follow: Annotated[bool, Parameter(help="Go on waiting for new ones.")] = True,
    json: Annotated[bool, flag("A JSON document a line.")] = False,
) -> int:
    """Follow the stream as other services see it. Exit code 1 when something is missing.

    Messages that are not from the log are passed over and counted at the end.

    For example:

        clienteling events tail
        clienteling events tail --after 0 --no-follow --json
    """
    with open_runtime(nats=True) as runtime:
        try:
            signals.run(lambda: _tail(runtime, after, follow=follow, json=json))
        except (EventsMissing, NoStream, StreamSilent) as error:
            complain(str(error))
            return 1
    return 0


@app.command
def export(
    file: Annotated[
        Path, Parameter(help="Where to; its ending says how: .jsonl (CloudEvents, a line each) or .parquet.")
    ],
    *,
    after: After = 0,
    up_to: Annotated[
        int,
        Parameter(help="End at this position; at the end of the log when left out.", validator=NOT_NEGATIVE),
    ] = END_OF_LOG,
) -> int:
    """Write the history to a file. Personal data stays sealed.

    A Parquet file has everything that the log has of an event, and is read again
    by `check`. For example:

        clienteling events export history.jsonl
        clienteling events export 2025.parquet --after 100000 --up-to 900000
    """
    if file.suffix not in (".jsonl", ".parquet"):
        raise Refused("unknown_format", f"{file.name} ends neither in .jsonl nor in .parquet", "FILE")
    with open_runtime() as runtime:
        _must_be_in_the_log(runtime.log, after)
        _export(runtime, file, after, up_to)
    return 0


@app.command
def check(
    file: Annotated[Path, Parameter(help="What `events export` has written as .parquet.")],
    *,
    output: Output = Output(),
) -> int:
    """Read an exported Parquet file again and compare each event with the log, byte for byte.

    Says its positions and SHA-256 over all events; the same as at the export as
    long as the file is whole. Exit code 1 when the log has another event, or none.

    For example:

        clienteling events check 2025.parquet
    """
    from services.recovery.exported_events import check_export

    with open_runtime() as runtime:
        checked = check_export(file, runtime.log)
    same = "the log has the very same" if checked.differs_at is None else "the log has something else there"
    at = f"{checked.first:,} to {checked.last:,}" if checked.differs_at is None else f"{checked.differs_at:,}"
    words = f"{checked.events:,} events, SHA-256 {checked.sha256}. Position {at}: {same}."
    output.show(checked, lambda _: say(words))
    return 0 if checked.differs_at is None else 1


def _export(runtime: Runtime, file: Path, after: int, up_to: int) -> None:
    from services.recovery.event_export import new_file, write_json_lines, write_parquet

    log, source = runtime.log, runtime.settings.event_source
    with new_file(file, "FILE") as part, progress() as bar:
        task = bar.add_task("exporting", total=min(log.last_position(), up_to), rate="positions")
        if file.suffix == ".parquet":
            for reached in write_parquet(log, part, after, up_to):
                bar.update(task, completed=reached)
        else:
            with part.open("wb") as target:
                for reached in write_json_lines(log, target, source, after, up_to):
                    bar.update(task, completed=reached)


def _must_be_in_the_log(log: EventLog, after: int) -> None:
    # Whoever has seen a later position has seen it in another history: the log was set back.
    if after > (end := log.last_position()):
        raise Refused("position_not_reached", f"the log ends at {end}, and does not reach {after}", "--after")


@app.command
def republish(
    *,
    anew: Annotated[
        bool,
        flag("Delete the stream and fill another one; the only way when events are missing in its middle."),
    ] = False,
    yes: Yes = False,
    output: Output = Output(),
) -> int:
    """Fill an empty or damaged stream from the log: what its end lacks is published, nothing twice.

    First the whole stream is compared with the log. The relay fills it by itself
    whenever it runs; this is for when it does not, and for damage in the middle,
    which takes --anew: consumers' durables go with the stream, and begin again. A
    stream that holds events the log has lost is left alone, with the reason (see
    `new-epoch`). Messages that are not from the log are passed over and counted;
    --anew makes a stream without them. Exit code 1 when the stream is not the log
    afterwards.

    For example:

        clienteling events republish
        clienteling events republish --anew --yes
    """
    from services.cli.republishing import republished

    with open_runtime(nats=True) as runtime:
        done = republished(runtime, output, anew=anew, yes=yes)
    words = f"The stream holds the log up to position {done.stream_position:,}." if done.filled else ""
    output.show(done, lambda _: say(words) if words else None)
    return 0 if done.filled else 1


@app.command(name="new-epoch")
def new_epoch(
    *,
    export: Annotated[
        Path | None,
        Parameter(help="Write the events that the log has lost to this file, as CloudEvents, a line each."),
    ] = None,
    foreign: Annotated[bool, flag("Replace a stream in which nothing is of this log.")] = False,
    yes: Yes = False,
    output: Output = Output(),
) -> int:
    """After the log was set back behind the stream: show what the log has lost, and begin a new epoch.

    The stream is deleted, made anew and filled from the log, in a new epoch: the
    header `clienteling-epoch` of every message, a note at the stream and a notice
    on `clienteling.epoch.v1` tell consumers. Tables that hold lost events are made
    anew. Without --yes it asks; with --json and without --yes it only shows. Exit
    code 1: nothing was done, or not all of it.

    For example:

        clienteling events new-epoch --export lost.jsonl
    """
    from services.cli.republishing import epoch_begun

    with open_runtime(nats=True) as runtime:
        return epoch_begun(runtime, export, output, yes=yes, foreign=foreign)


def _events(log: EventLog, after: int, stream: str | None, customer: str | None) -> Iterator[LoggedEvent]:
    if stream is not None or customer is not None:
        history = log.read_stream(stream) if stream is not None else log.read_customer(customer or "")
        yield from (event for event in history if event.position > after)
        return
    while page := log.read(after, PAGE_EVENTS):
        yield from page
        after = page[-1].position


def _draw(events: list[ShownEvent], *, whole: bool) -> None:
    table(
        "",
        (("position", "right"), "topic", "stream", ("version", "right")),
        ((event.position, event.topic, event.stream_id, event.version) for event in events),
    )
    if whole:
        for event in events:
            out.print(f"[bold]{event.position}[/] {event.topic}")
            out.print_json(data=msgspec.to_builtins(event.content))


def _shown(event: LoggedEvent) -> ShownEvent:
    return ShownEvent(
        event.position,
        event.stream_id,
        event.version,
        event.topic,
        event.customer_id,
        msgspec.json.decode(event.state),
    )


async def _tail(runtime: Runtime, after: int | None, *, follow: bool, json: bool) -> None:
    stamps, foreign = await stamps_of(runtime), ForeignMessages("events tail")
    async with stream_client(runtime, "events tail") as client:
        try:
            async for message in stream_messages(
                client,
                after_position=after,
                follow=follow,
                metadata_in=stamps.metadata_if_ours,
                foreign=foreign,
            ):
                if json:
                    line = {**message.headers, "data": msgspec.Raw(message.data)}
                    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
                    sys.stdout.flush()
                else:
                    metadata = message.metadata
                    say(f"{metadata.position:>10,}  {metadata.topic:<40} {metadata.stream_id}")
        finally:
            if foreign.count:
                complain(
                    f"{foreign.count:,} messages in the stream are not from the log and were passed over, "
                    f"the last one at {foreign.last}"
                )

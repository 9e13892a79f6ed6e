"""`clienteling dead-letters`: events that a fold could not take in, or an endpoint of webhooks, and what
waits behind them; what the reactions put aside.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated, Any

from cyclopts import App, Parameter

from domain.messages import NotFound
from infra.dead_letters import DeadLetter, dead_letters, dead_letters_of
from infra.event_store.quarantine import EVERY_READER
from infra.messaging.commands import SENT
from infra.postgres import sync_pool
from infra.reaction_store.dead_letters import remove_dead_letter
from infra.runtime import open_runtime
from infra.webhook_store.parked import SOURCE as WEBHOOKS
from projections.kernel import Projection as AnyProjection
from projections.registry import BY_NAME
from services.cli.discarding import Many, discard_many
from services.cli.letters import draw_letters
from services.cli.output import Output, WrongUsage, say
from services.cli.sent_commands import send_again
from services.cli.tables import table
from services.cli.webhook_letters import discard_for_webhook, send_to_webhook_again
from services.projector.parked_keys import RetryResult
from services.reactions import dead_letters as reactions
from services.reactions.context import ReactionContext
from services.rebuild.quarantine import (
    discard_at,
    discard_first,
    discard_for_every_reader,
    retry_for_every_reader,
    retry_key,
)

POSITION_DIGITS_MAX = 18


app = App(name="dead-letters", help_format="plaintext")

Projection = Annotated[
    str,
    Parameter(help="The projection; or log, webhooks, inventory, commands, wishes, pay_runs, hand_overs."),
]
Key = Annotated[str, Parameter(help="The key, as `list` shows it.")]


@app.command(name="list")
def list_(
    projection: Annotated[str | None, Parameter(help="Only of this projection.")] = None,
    *,
    output: Output = Output(),
) -> int:
    """List what waits: of projections the keys, each with its first event. Exit code 1 when there is any.

    What was discarded is listed too, as left out: with the projection, or `log`
    where every reader leaves it out. That alone is exit code 0.

    For example:

        clienteling dead-letters list
        clienteling dead-letters list inventory
    """
    if projection is not None and projection not in {*BY_NAME, EVERY_READER, WEBHOOKS, *reactions.SOURCES}:
        raise _unknown(projection)
    with open_runtime() as runtime, runtime.connect("dead letters") as connection:
        found = dead_letters(connection, projection)
    output.show(found, draw_letters)
    return 0 if all(letter.left_out for letter in found) else 1


@app.command
def show(projection: Projection, key: Key, *, output: Output = Output()) -> int:
    """Show every event that waits for a key, in order; or a message as it came.

    For example:

        clienteling dead-letters show clientele_book cus_...
    """
    if projection in reactions.SOURCES:
        with _reactions() as context:
            output.show(reactions.show(context, projection, key), _draw_content)
        return 0
    with open_runtime() as runtime, runtime.connect("dead letters") as connection:
        found = dead_letters_of(connection, projection, key)
    if not found:
        raise NotFound("nothing_parked", f"nothing of {key} waits in {projection}", "KEY")
    output.show(found, draw_letters)
    return 0


@app.command
def retry(projection: Projection, key: Key, *, output: Output = Output()) -> int:
    """Take in once more what waits for a key or was left out of it. Exit code 1 when something stays out.

    What every reader leaves out is named by `log` and its position.

    For example:

        clienteling dead-letters retry clientele_book cus_...
        clienteling dead-letters retry log 4711
    """
    if projection == SENT:
        with open_runtime(nats=True) as runtime:
            reason = send_again(runtime, key)
        return _tell(RetryResult(key, int(reason is None), int(reason is not None), reason), output)
    if projection == WEBHOOKS:
        with open_runtime() as runtime:
            return _tell(send_to_webhook_again(runtime, key), output)
    if projection in reactions.SOURCES:
        with _reactions() as context:
            reason = reactions.retry(context, projection, key)
        return _tell(RetryResult(key, int(reason is None), int(reason is not None), reason), output)
    with open_runtime() as runtime:
        if projection == EVERY_READER:
            done = retry_for_every_reader(runtime.settings, runtime.servers.database_url, _position(key))
        else:
            done = retry_key(runtime.settings, runtime.servers.database_url, _projection(projection), key)
    return _tell(done, output)


@app.command
def discard(
    projection: Projection,
    key: Annotated[str | None, Parameter(help="The key, as `list` shows it; or --all.")] = None,
    *,
    position: Annotated[
        int | None, Parameter(help="The event at this position, also where nothing waits; see `rebuild`.")
    ] = None,
    many: Many = Many(),
    output: Output = Output(),
) -> int:
    """Leave out the first event that waits for a key, and fold those behind it; or give up a message.

    The log keeps the event. Live tables, rebuilds, verifications and reads of the
    past leave it out and say so, until `retry` takes it in again. `log POSITION`
    leaves an event out for every reader: commands on its aggregate, whose history
    it made unreadable, work again. --all does so for all keys, or those of the
    filters, says how many they are, and asks.

    For example:

        clienteling dead-letters discard clientele_book cus_...
        clienteling dead-letters discard log 4711
        clienteling dead-letters discard inventory --all --dry-run
    """
    many.check(key, position)
    if projection not in (*reactions.SOURCES, EVERY_READER, WEBHOOKS):
        _projection(projection)
    if key is None:
        return _discard_all(projection, many, output)
    if projection in reactions.SOURCES:
        with _reactions() as context:
            reactions.discard(context, projection, key)
        return _tell(RetryResult(key, 0, 0, None), output)
    with open_runtime() as runtime:
        settings, url = runtime.settings, runtime.servers.database_url
        if projection == WEBHOOKS:
            done = discard_for_webhook(runtime, key)
        elif projection == EVERY_READER:
            done = discard_for_every_reader(settings, url, _position(key))
        elif position is not None:
            done = discard_at(settings, url, _projection(projection), key, position)
        else:
            done = discard_first(settings, url, _projection(projection), key)
    return _tell(done, output)


def _discard_all(projection: str, many: Many, output: Output) -> int:
    with open_runtime() as runtime:
        settings, url = runtime.settings, runtime.servers.database_url
        with runtime.connect("dead letters") as connection:
            letters = many.of(connection, projection)

            def give_up(letter: DeadLetter) -> None:
                if projection in reactions.SOURCES:
                    remove_dead_letter(connection, projection, letter.key)
                elif projection == WEBHOOKS:
                    discard_for_webhook(runtime, letter.key)
                else:
                    discard_first(settings, url, _projection(projection), letter.key)

            return discard_many(letters, give_up, many, output)


@contextmanager
def _reactions() -> Generator[ReactionContext]:
    with open_runtime() as runtime:
        url = runtime.servers.database_url
        with sync_pool(runtime.settings, url, name="dead letters", size_max=2) as tables:
            yield ReactionContext(runtime.settings, runtime.log, runtime.vault, runtime.handler, tables)


def _draw_content(shown: reactions.DeadLetterContent) -> None:
    headers = shown.headers or {}
    table(
        "",
        ("", "as it came"),
        [
            ("about", shown.about),
            ("reason", shown.reason),
            ("since", shown.at),
            ("tries", shown.tries),
            *(("header", f"{name}: {value}") for name, value in sorted(headers.items())),
        ],
    )
    if shown.content is not None:
        say(shown.content)


def _projection(name: str) -> AnyProjection[Any]:
    if name not in BY_NAME:
        raise _unknown(name)
    return BY_NAME[name]


def _position(text: str) -> int:
    if not text.isdecimal() or len(text) > POSITION_DIGITS_MAX:
        raise WrongUsage(f"{text} is no position of the log")
    return int(text)


def _unknown(projection: str) -> WrongUsage:
    known = ", ".join((*BY_NAME, EVERY_READER, WEBHOOKS, *reactions.SOURCES))
    return WrongUsage(f"nothing is called {projection}; there are {known}")


def _tell(done: RetryResult, output: Output) -> int:
    columns = ("key", ("taken in", "right"), ("still waiting", "right"), "because")
    row = (done.key, done.taken_in, done.waiting, done.reason or "")
    output.show(done, lambda _: table("", columns, [row]))
    return 1 if done.waiting else 0

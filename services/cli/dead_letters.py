"""`clienteling dead-letters`: facts a fold could not take in and what waits behind them; what the
reactions put aside.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.markup import escape

from domain.messages import NotFound, Refused
from infra.event_store.quarantine import EVERY_READER, quarantined_events
from infra.postgres import LockHeld, connect, sync_pool
from infra.projection_store.catalog import OtherHistory
from infra.projection_store.parked import DeadLetter, dead_letters, dead_letters_of
from infra.reaction_store.kept_aside import KeptAside, kept_aside
from infra.runtime import Runtime, open_runtime
from projections.kernel import Projection as AnyProjection
from projections.registry import BY_NAME
from services.cli.letters import show_letters
from services.cli.output import Json, WrongUsage, document, out, table
from services.projector.poison_event import Poison
from services.projector.retrying import NothingParked, Retried
from services.reactions import retrying as reactions
from services.reactions.house import House
from services.rebuild.quarantine import (
    NothingToLeaveOut,
    discard_at,
    discard_first,
    discard_for_every_reader,
    retry_for_every_reader,
    retry_key,
)

POSITION_DIGITS_MAX = 18


app = App(name="dead-letters", help_format="plaintext")

Projection = Annotated[
    str, Parameter(help="The projection; or log, inventory, wishes, pay_runs, hand_overs.")
]
Key = Annotated[str, Parameter(help="The key, as `list` shows it.")]


@app.command(name="list")
def list_(
    projection: Annotated[str | None, Parameter(help="Only of this projection.")] = None,
    *,
    json: Json = False,
) -> int:
    """List what waits: of projections the keys, each with its first fact. Exit code 1 when there is any.

    What was discarded is listed too, as left out: with the projection, or `log`
    where every reader leaves it out. That alone is exit code 0.

    For example:

        clienteling dead-letters list
        clienteling dead-letters list inventory
    """
    if projection is not None and projection not in {*BY_NAME, EVERY_READER, *reactions.SOURCES}:
        raise _unknown(projection)
    with open_runtime() as runtime, _connection(runtime) as connection:
        found = dead_letters(connection, projection=projection)
        found += [_as_letter(one) for one in kept_aside(connection, source=projection)]
        left_out = quarantined_events(connection, projection=projection)
    show_letters(found, left_out, json=json)
    return 1 if found else 0


@app.command
def show(projection: Projection, key: Key, *, json: Json = False) -> int:
    """Show every fact that waits for a key, in order; or a message as it came.

    For example:

        clienteling dead-letters show clientele_book cus_...
    """
    if projection in reactions.SOURCES:
        return _show_kept(projection, key, json=json)
    with open_runtime() as runtime, _connection(runtime) as connection:
        found = dead_letters_of(connection, projection, key)
        left_out = [
            one
            for one in quarantined_events(connection, projection=projection)
            if key in (one.key, str(one.position))
        ]
    if not found and not left_out:
        raise NotFound("nothing_parked", f"nothing of {key} waits in {projection}", "KEY")
    show_letters(found, left_out, json=json)
    return 0


@app.command
def retry(projection: Projection, key: Key, *, json: Json = False) -> int:
    """Take in once more what waits for a key or was left out of it. Exit code 1 when something stays out.

    What every reader leaves out is named by `log` and its position.

    For example:

        clienteling dead-letters retry clientele_book cus_...
        clienteling dead-letters retry log 4711
    """
    if projection in reactions.SOURCES:
        with _house() as house:
            reason = reactions.retry(house, projection, key)
        return _tell(Retried(key, int(reason is None), int(reason is not None), reason), json=json)
    with open_runtime() as runtime:
        if projection == EVERY_READER:
            return _tell(_done(retry_for_every_reader, runtime, _position(key)), json=json)
        return _tell(_done(retry_key, runtime, _projection(projection), key), json=json)


@app.command
def discard(
    projection: Projection,
    key: Key,
    *,
    position: Annotated[
        int | None, Parameter(help="The fact at this position, also where nothing waits; see `rebuild`.")
    ] = None,
    json: Json = False,
) -> int:
    """Leave out the first fact that waits for a key, and fold those behind it; or give up a message.

    The log keeps the fact. Live tables, rebuilds, verifications and reads of the
    past leave it out and say so, until `retry` takes it in again. `log POSITION`
    leaves a fact out for every reader: commands on its aggregate, whose history
    it made unreadable, work again.

    For example:

        clienteling dead-letters discard clientele_book cus_...
        clienteling dead-letters discard log 4711
        clienteling dead-letters discard inventory KEY
    """
    if projection in reactions.SOURCES:
        with _house() as house:
            reactions.discard(house, projection, key)
        return _tell(Retried(key, 0, 0, None), json=json)
    with open_runtime() as runtime:
        if projection == EVERY_READER:
            return _tell(_done(discard_for_every_reader, runtime, _position(key)), json=json)
        if position is not None:
            return _tell(_done(discard_at, runtime, _projection(projection), key, position), json=json)
        return _tell(_done(discard_first, runtime, _projection(projection), key), json=json)


@contextmanager
def _house() -> Generator[House]:
    with open_runtime() as runtime:
        connections = sync_pool(
            runtime.settings, runtime.servers.database_url, name="dead letters", size_max=2
        )
        with connections as tables:
            try:
                yield House(runtime.settings, runtime.log, runtime.vault, runtime.handler, tables)
            except reactions.NothingKept as error:
                raise NotFound("nothing_kept", str(error), "KEY") from error


def _show_kept(source: str, key: str, *, json: bool) -> int:
    with _house() as house:
        shown = reactions.show(house, source, key)
    if json:
        document(shown)
        return 0
    headers = shown.headers or {}
    table(
        "",
        ("", "as it came"),
        [
            ("about", shown.about),
            ("reason", shown.reason),
            ("since", shown.at),
            ("tries", shown.tries),
            *(("header", escape(f"{name}: {value}")) for name, value in sorted(headers.items())),
        ],
    )
    if shown.content is not None:
        out.print(shown.content, markup=False)
    return 0


def _as_letter(one: KeptAside) -> DeadLetter:
    position = int(one.key) if one.key.isdecimal() else 0
    return DeadLetter(one.source, 0, one.key, position, one.about, "", one.reason, one.at, 1)


def _connection(runtime: Runtime) -> Any:
    return connect(runtime.settings, runtime.servers.database_url, name="dead letters")


def _projection(name: str) -> AnyProjection[Any]:
    if name not in BY_NAME:
        raise _unknown(name)
    return BY_NAME[name]


def _position(text: str) -> int:
    if not text.isdecimal() or len(text) > POSITION_DIGITS_MAX:
        raise WrongUsage(f"{text} is no position of the log")
    return int(text)


def _done(work: Callable[..., Retried], runtime: Runtime, *what: Any) -> Retried:
    try:
        return work(runtime.settings, runtime.servers.database_url, *what)
    except NothingParked as error:
        raise NotFound("nothing_parked", str(error), "KEY") from error
    except NothingToLeaveOut as error:
        raise Refused("nothing_to_leave_out", str(error)) from error
    except (LockHeld, OtherHistory, Poison) as error:
        raise Refused("not_now", str(error)) from error


def _unknown(projection: str) -> WrongUsage:
    known = ", ".join((*BY_NAME, EVERY_READER, *reactions.SOURCES))
    return WrongUsage(f"nothing is called {projection}; there are {known}")


def _tell(done: Retried, *, json: bool) -> int:
    if json:
        document(done)
    else:
        table(
            "",
            ("key", ("taken in", "right"), ("still waiting", "right"), "because"),
            [(done.key, done.taken_in, done.waiting, done.reason or "")],
        )
    return 1 if done.waiting else 0

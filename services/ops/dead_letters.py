"""`clienteling dead-letters`: facts a fold could not take in and what waits behind them; what the reactions put aside."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.markup import escape

from domain.messages import NotFound
from infra import signals
from infra.postgres import connect, sync_pool
from infra.projection_store.parked import DeadLetter, dead_letters, dead_letters_of
from infra.reaction_store.kept_aside import KeptAside, kept_aside
from projections.registry import BY_NAME
from services.ops.output import Json, WrongUsage, document, out, table
from services.ops.shop import Shop, opened_shop
from services.projector.retrying import NothingParked, Retried
from services.projector.retrying import discard as discard_
from services.projector.retrying import retry as retry_
from services.reactions import retrying as reactions
from services.reactions.house import House

app = App(name="dead-letters", help_format="plaintext")

Projection = Annotated[str, Parameter(help="The projection; or inventory, wishes, pay_runs, hand_overs.")]
Key = Annotated[str, Parameter(help="The key, as `list` shows it.")]


@app.command(name="list")
def list_(
    projection: Annotated[str | None, Parameter(help="Only of this projection.")] = None,
    *,
    json: Json = False,
) -> int:
    """List what waits: of projections the keys, each with its first fact. Exit code 1 when there is any.

    For example:

        clienteling dead-letters list
        clienteling dead-letters list inventory
    """
    if projection is not None and projection not in {*BY_NAME, *reactions.SOURCES}:
        raise _unknown(projection)
    with opened_shop() as shop, _connection(shop) as connection:
        found = dead_letters(connection, projection=projection)
        found += [_as_letter(one) for one in kept_aside(connection, source=projection)]
    _show(found, json=json)
    return 1 if found else 0


@app.command
def show(projection: Projection, key: Key, *, json: Json = False) -> int:
    """Show every fact that waits for a key, in order; or a message as it came.

    For example:

        clienteling dead-letters show clientele_book cus_...
    """
    if projection in reactions.SOURCES:
        return _show_kept(projection, key, json=json)
    with opened_shop() as shop, _connection(shop) as connection:
        found = dead_letters_of(connection, projection, key)
    if not found:
        raise NotFound("nothing_parked", f"nothing of {key} waits in {projection}", "KEY")
    _show(found, json=json)
    return 0


@app.command
def retry(projection: Projection, key: Key, *, json: Json = False) -> int:
    """Take what waits for a key in once more. Exit code 1 when something still waits.

    For example:

        clienteling dead-letters retry clientele_book cus_...
    """
    if projection in reactions.SOURCES:
        with _house() as house:
            reason = reactions.retry(house, projection, key)
        return _tell(Retried(key, int(reason is None), int(reason is not None), reason), json=json)
    with opened_shop() as shop:
        return _tell(_run(retry_, shop, projection, key), json=json)


@app.command
def discard(projection: Projection, key: Key, *, json: Json = False) -> int:
    """Give up the first fact that waits for a key, and fold those behind it (the log keeps it); or a message, for ever.

    For example:

        clienteling dead-letters discard inventory KEY
    """
    if projection in reactions.SOURCES:
        with _house() as house:
            reactions.discard(house, projection, key)
        return _tell(Retried(key, 0, 0, None), json=json)
    with opened_shop() as shop:
        return _tell(_run(discard_, shop, projection, key), json=json)


@contextmanager
def _house() -> Generator[House]:
    with opened_shop() as shop:
        connections = sync_pool(shop.settings, shop.servers.database_url, name="dead letters", size_max=2)
        with connections as tables:
            try:
                yield House(shop.settings, shop.log, shop.vault, shop.handler, tables)
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


def _connection(shop: Shop) -> Any:
    return connect(shop.settings, shop.servers.database_url, name="dead letters")


def _run(work: Any, shop: Shop, projection: str, key: str) -> Retried:
    if projection not in BY_NAME:
        raise _unknown(projection)
    try:
        return signals.run(lambda: work(shop.settings, shop.servers.database_url, BY_NAME[projection], key))
    except NothingParked as error:
        raise NotFound(
            "nothing_parked", str(error) or f"nothing of {key} waits in {projection}", "KEY"
        ) from error


def _unknown(projection: str) -> WrongUsage:
    known = ", ".join((*BY_NAME, *reactions.SOURCES))
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


def _show(found: list[DeadLetter], *, json: bool) -> None:
    if json:
        document(found)
        return
    table(
        "" if found else "Nothing waits.",
        ("projection", "key", ("position", "right"), "topic", ("events", "right"), "reason"),
        ((one.projection, one.key, one.position, one.topic, one.events, one.reason) for one in found),
    )

"""`clienteling dead-letters`: facts a fold could not take in, and what waits behind them."""

import asyncio
from typing import Annotated, Any

from cyclopts import App, Parameter

from domain.messages import NotFound
from infra.postgres import connect
from infra.projection_store.parked import DeadLetter, dead_letters, dead_letters_of
from projections.registry import BY_NAME
from services.ops.output import Json, document, table
from services.ops.shop import Shop, opened_shop
from services.projector.retrying import NothingParked, Retried
from services.projector.retrying import discard as discard_
from services.projector.retrying import retry as retry_

app = App(
    name="dead-letters",
    help="""Facts a fold could not take in. Each parks its key: later facts of the key wait behind it, all others go on.

Mend the fold, then `retry`; the rows end as if nothing had happened. `discard` gives up the first waiting fact of a key.""",
    help_format="plaintext",
)

Projection = Annotated[str, Parameter(help="The projection.")]
Key = Annotated[str, Parameter(help="The key, as `list` shows it.")]


@app.command(name="list")
def list_(
    projection: Annotated[str | None, Parameter(help="Only of this projection.")] = None,
    *,
    json: Json = False,
) -> int:
    """List the keys that wait, each with its first fact and the reason. Exit code 1 when there are any."""
    with opened_shop() as shop, _connection(shop) as connection:
        found = dead_letters(connection, projection=projection)
    _show(found, json=json)
    return 1 if found else 0


@app.command
def show(projection: Projection, key: Key, *, json: Json = False) -> int:
    """Show every fact that waits for a key, in order."""
    with opened_shop() as shop, _connection(shop) as connection:
        found = dead_letters_of(connection, projection, key)
    if not found:
        raise NotFound("nothing_parked", f"nothing of {key} waits in {projection}", "KEY")
    _show(found, json=json)
    return 0


@app.command
def retry(projection: Projection, key: Key, *, json: Json = False) -> int:
    """Fold what waits for a key once more. Exit code 1 when something still waits."""
    with opened_shop() as shop:
        return _tell(_run(retry_, shop, projection, key), json=json)


@app.command
def discard(projection: Projection, key: Key, *, json: Json = False) -> int:
    """Give up the first fact that waits for a key, and fold those behind it. The log keeps it."""
    with opened_shop() as shop:
        return _tell(_run(discard_, shop, projection, key), json=json)


def _connection(shop: Shop) -> Any:
    return connect(shop.settings, shop.servers.database_url, name="dead letters")


def _run(work: Any, shop: Shop, projection: str, key: str) -> Retried:
    if projection not in BY_NAME:
        raise NotFound(
            "unknown_projection", f"no projection is called {projection}; there are {', '.join(BY_NAME)}"
        )
    try:
        return asyncio.run(work(shop.settings, shop.servers.database_url, BY_NAME[projection], key))
    except NothingParked as error:
        raise NotFound(
            "nothing_parked", str(error) or f"nothing of {key} waits in {projection}", "KEY"
        ) from error


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

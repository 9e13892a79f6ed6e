"""The peer of the rebuild keeps the same ledger as the product: what it is held against is a fair floor."""

import time
from typing import LiteralString

import psycopg
from psycopg.sql import SQL

from benchmarks.history import play
from benchmarks.stock_runner import positions_per_second
from infra.projection_store.heartbeats import ensure_catalog
from infra.settings import Settings
from projections.registry import BY_NAME
from services.rebuild.rebuild import rebuild

ROWS = SQL("SELECT key, state::text, in_deficit FROM {} ORDER BY key")
POSTINGS = SQL(
    "SELECT key, position, n, lines::text, kind, waits_for FROM {}_postings ORDER BY key, position, n"
)

DEADLINE_SECONDS = 240


def test_the_stock_runner_folds_the_ledger_as_a_rebuild_does(settings: Settings):
    url = settings.database_url or ""
    play(settings, customers=12)
    assert positions_per_second(url, 8) > 0
    ensure_catalog(settings, url)
    rebuild(settings, url, [BY_NAME["commission_ledger"]], lambda *_: None, lambda _: None)
    deadline = time.monotonic() + DEADLINE_SECONDS
    # It is watched for some seconds at a time: on a busy machine these are few events.
    while _position(url, "stock_ledger") < _position(url, "projections.commission_ledger"):
        assert time.monotonic() < deadline
        positions_per_second(url, 8)
    with psycopg.connect(url) as connection:
        for query in (ROWS, POSTINGS):
            stock = connection.execute(query.format(SQL("stock_ledger"))).fetchall()
            ours = connection.execute(query.format(SQL("projections.commission_ledger"))).fetchall()
            assert stock == ours
            assert stock


def _position(url: str, table: LiteralString) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(SQL("SELECT max(position) FROM {}").format(SQL(table))).fetchone()
    return row[0] or 0 if row else 0

"""Tables that another version of the product has made: nobody reads or writes them by mistake, and a rebuild
makes new ones.
"""

import asyncio
from collections.abc import Callable

import pytest

from infra.projection_store.tables import SchemaMismatch
from projections.registry import BY_NAME
from services.projector.engine import LiveEngine
from services.rebuild.partial_rebuild import rebuild_keys
from services.rebuild.rebuild import rebuild, roll_back
from services.rebuild.verify import verify
from tests.services.rebuild.conftest import ShopWithHistory

Quietly = Callable[..., None]
LEDGER = BY_NAME["commission_ledger"]


@pytest.fixture
def upgraded(shop: ShopWithHistory) -> ShopWithHistory:
    """A shop whose ledger was folded by a version that called its journal otherwise."""
    shop.query("DROP VIEW projections.commission_ledger_postings")
    shop.query("ALTER TABLE projections.commission_ledger_g1_postings RENAME TO commission_ledger_g1_lines")
    shop.query(
        "CREATE VIEW projections.commission_ledger_lines AS SELECT key FROM "
        "projections.commission_ledger_g1_lines"
    )
    return shop


def test_whoever_would_write_or_compare_such_tables_says_what_to_do(
    upgraded: ShopWithHistory, quietly: Quietly
) -> None:
    with pytest.raises(
        SchemaMismatch, match=r"generation 1 .* `clienteling projections rebuild commission_ledger`"
    ):
        verify(upgraded.settings, upgraded.url, [LEDGER], quietly, quietly)
    ((account,),) = upgraded.query("SELECT key FROM projections.commission_ledger LIMIT 1")
    with pytest.raises(SchemaMismatch):
        rebuild_keys(upgraded.settings, upgraded.url, LEDGER, [account])
    # Folding from the first fact again: the checkpoint is all that the engine asks before it writes.
    upgraded.query("UPDATE projections.generations SET position = 0 WHERE name = 'commission_ledger'")
    with pytest.raises(SchemaMismatch):
        asyncio.run(_catch_up(upgraded))


def test_a_rebuild_makes_new_tables_and_the_old_ones_go_with_their_generation(
    upgraded: ShopWithHistory, quietly: Quietly
) -> None:
    rebuild(upgraded.settings, upgraded.url, [LEDGER], quietly, quietly)
    (found,) = verify(upgraded.settings, upgraded.url, [LEDGER], quietly, quietly)
    assert (found.holds, found.generation) == (True, 2)
    with pytest.raises(SchemaMismatch):
        roll_back(upgraded.settings, upgraded.url, LEDGER)
    (found,) = verify(upgraded.settings, upgraded.url, [LEDGER], quietly, quietly)
    assert (found.holds, found.generation) == (True, 2)
    rebuild(upgraded.settings, upgraded.url, [LEDGER], quietly, quietly)
    left = upgraded.query(
        "SELECT relname::text FROM pg_class WHERE relname ~ '^commission_ledger' AND relkind IN ('r', 'v') "
        "ORDER BY 1"
    )
    assert [name for (name,) in left] == [
        "commission_ledger",
        "commission_ledger_g2",
        "commission_ledger_g2_postings",
        "commission_ledger_g3",
        "commission_ledger_g3_postings",
        "commission_ledger_postings",
    ]


async def _catch_up(shop: ShopWithHistory) -> None:
    engine = LiveEngine(LEDGER, shop.settings, shop.url)
    try:
        await engine.catch_up(shop.log.last_position())
    finally:
        await engine.close()

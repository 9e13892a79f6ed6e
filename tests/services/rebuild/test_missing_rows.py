"""A row that is missing is found by spot checks, however long ago its key was written."""

from infra.postgres import connect
from infra.projection_store.catalog import generation_position
from projections.registry import BY_NAME
from services.projector.spot_check.key_choice import MissingRows
from tests.services.rebuild.conftest import ShopWithHistory
from tests.services.rebuild.spot_checks import checking, some_key


def test_a_missing_row_is_found_by_the_next_look_of_few_keys_however_old_it_is(shop: ShopWithHistory):
    with checking(shop, keys_max=4) as checked:
        names = [name for name in BY_NAME if shop.query(f"SELECT 1 FROM projections.{name}")]
        assert {"associate_directory", "pay_calendar"} <= set(names)
        for name in names:
            gone = some_key(shop, name)
            shop.query(f"DELETE FROM projections.{name}_g1 WHERE key = %s", gone)
            checked.check(name)
            assert (name, gone, f"{name}: 1 row missing") in checked.found()


def test_the_keys_of_the_log_are_gone_through_again_and_again(shop: ShopWithHistory):
    projection, missing_rows = BY_NAME["commission_ledger"], MissingRows()
    rows = shop.query('SELECT key FROM projections.commission_ledger ORDER BY key COLLATE "C"')
    gone = {rows[0][0], rows[-1][0]}
    shop.query("DELETE FROM projections.commission_ledger_g1 WHERE key = ANY(%s)", sorted(gone))
    with connect(shop.settings, shop.url, name="test") as connection:
        serving = generation_position(connection, projection.name)
        assert serving is not None
        found = [missing_rows.among_next(connection, projection, serving, 3) for _ in range(2 * len(rows))]
    for key in gone:
        assert sum(key in keys for keys in found) >= 2

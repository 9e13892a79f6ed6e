"""Spot checks of a test's shop, whenever they are asked for."""

import dataclasses
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from infra.postgres import connect
from infra.projection_store.connection import ComparingConnection
from projections.registry import ALL
from services.projector.spot_check.spot_check import SpotCheck, SpotCheckResult
from tests.services.rebuild.conftest import ShopWithHistory


class Checked:
    """Spot checks of a shop, one whenever it is asked for."""

    def __init__(self, shop: ShopWithHistory, connection: ComparingConnection, keys_max: int) -> None:
        settings = dataclasses.replace(
            shop.settings, projector_verify_seconds=0.1, projector_verify_keys_max=keys_max
        )
        self.shop = shop
        self._connection = connection
        self._checks = {projection.name: SpotCheck(settings, projection) for projection in ALL}

    def check(self, name: str) -> SpotCheckResult:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            looked = self._checks[name].check(self._connection)
            if looked is not None:
                return looked
            time.sleep(0.02)
        raise TimeoutError(f"no look at {name} was due")

    def found(self) -> list[tuple[Any, ...]]:
        return self.shop.query("SELECT projection, key, what FROM projections.differences ORDER BY 1, 2")


@contextmanager
def checking(shop: ShopWithHistory, keys_max: int = 20) -> Generator[Checked]:
    with connect(shop.settings, shop.url, name="test") as connection:
        yield Checked(shop, connection, keys_max)


def some_key(shop: ShopWithHistory, name: str) -> str:
    return shop.query(f"SELECT key FROM projections.{name} ORDER BY key LIMIT 1")[0][0]

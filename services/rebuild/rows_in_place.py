"""Rebuild the rows of an associate, a customer, a pay period or one key in place."""

from collections.abc import Mapping, Sequence

from domain.ids import account_id_of
from infra.runtime import Runtime
from projections.registry import ALL, BY_NAME
from services.rebuild.partial_rebuild import keys_of_period, rebuild_keys
from services.rebuild.rebuild import alone


def keys_to_rebuild(
    runtime: Runtime,
    names: Sequence[str],
    *,
    associate: str | None = None,
    customer: str | None = None,
    period: str | None = None,
    key: str | None = None,
) -> dict[str, list[str]]:
    """The keys by projection; only those of `names`, if there are any.

    A `key` is one of the first of them.
    """
    keys: dict[str, list[str]] = {}
    if associate:
        keys |= {"commission_ledger": [account_id_of(associate)], "associate_directory": [associate]}
    if customer:
        keys |= {p.name: [customer] for p in ALL if p.keyed_by == "customer"}
    if period:
        keys["commission_ledger"] = keys_of_period(runtime.settings, runtime.servers.database_url, period)
    if key:
        keys[names[0]] = [key]
    return {name: found for name, found in keys.items() if not names or name in names}


def rebuild_in_place(runtime: Runtime, keys: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Fold the history of these keys anew; how many rows were written, by projection.

    Raises LockHeld, PoisonEvent, SchemaMismatch or OtherHistory.
    """
    settings, url = runtime.settings, runtime.servers.database_url
    written: dict[str, int] = {}
    for name, found in keys.items():
        with alone(settings, url, [BY_NAME[name]]):
            written[name] = rebuild_keys(settings, url, BY_NAME[name], found)
    return written

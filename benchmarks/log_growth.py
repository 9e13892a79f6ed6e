"""Commits into logs of different sizes, in turn, and beside checkpoint and vacuum: `growth` without tables
and stream, in minutes.

    make bench ARGS="log_growth --events 10000000"       # 10 minutes, 15 GB

The logs are of made-up sales and postings to accounts of 500 each, and have an idempotency key for every two
events.
"""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from statistics import median
from typing import Final

from benchmarks.figure import Figure
from benchmarks.growing_work import TOGETHER, Work, timed
from benchmarks.grown_house import House
from benchmarks.growth import pace, stall
from benchmarks.history import INDEXES
from benchmarks.sales import people_of_a_new_house
from benchmarks.sandbox import Sandbox
from benchmarks.sizes import Sizes
from benchmarks.stalls import PHASES, stalls
from infra.postgres import connect

POSTINGS_OF_AN_ACCOUNT: Final = 500
EVENTS: Final = """
    INSERT INTO stored_events (
        originator_id, originator_version, topic, state, customer_id,
        recorded_at, actor, role, correlation_id, causation_id
    )
    SELECT CASE n %% 2 WHEN 0 THEN 'sal_' || md5(n::text) ELSE 'acc_' || md5((n %% accounts)::text) END,
        CASE n %% 2 WHEN 0 THEN 1 ELSE n / accounts + 1 END, one.topic, one.state,
        'cus_' || md5((n / 20)::text),
        now(), 'usr:till', 'point_of_sale', 'cor_' || md5((n / 2)::text), 'key_' || md5((n / 2)::text)
    FROM generate_series(1, %s) AS n, (SELECT (%s / %s + 2) / 2 * 2 AS accounts) AS house,
        (SELECT topic, state FROM stored_events ORDER BY notification_id DESC LIMIT 1) AS one
"""
KEYS: Final = """
    INSERT INTO idempotency_keys (idempotency_key, digest, answer)
    SELECT 'key_' || md5(n::text), one.digest, one.answer
    FROM generate_series(1, %s / 2) AS n, (SELECT digest, answer FROM idempotency_keys LIMIT 1) AS one
"""
BYTES: Final = """
    SELECT indexrelname, pg_relation_size(indexrelid)::float8 / %s FROM pg_stat_user_indexes
    WHERE relname IN ('stored_events', 'idempotency_keys')
    UNION ALL SELECT relname, pg_relation_size(relid)::float8 / %s FROM pg_stat_user_tables
    WHERE relname IN ('stored_events', 'idempotency_keys') ORDER BY 1
"""


def measure(sandbox: Sandbox, say: Callable[[str], None], sizes: Sizes) -> list[Figure]:
    """The pace of commits into the largest log against the smallest one's."""
    houses = [_log(sandbox, events, sizes, say) for events in sizes.growth_events]
    with ExitStack() as stack:
        work = [stack.enter_context(Work(house, sizes)) for house in houses]
        taken: dict[str, tuple[float, ...]] = {}
        for sales in (1, TOGETHER):
            name = f"commit of {sales}"
            commits = sizes.growth_sales * sizes.turns
            rounds = [[timed(partial(one.sell, sales)) for one in work] for _ in range(commits)]
            taken[name] = tuple(median(each[n] for each in rounds) for n in range(len(work)))
            say(f"| {name}, ms | {' | '.join(f'{1_000 * each:.2f}' for each in taken[name])} |")
        waits = [stalls(each, sizes.growth_stall_seconds) for each in (work[0], work[-1])]
    for phase in PHASES:
        say(f"| beside {phase}: half, 99.9 %, longest, ms | {' | '.join(str(one[phase]) for one in waits)} |")
    return [
        *(pace(name, houses, seconds) for name, seconds in taken.items()),
        *(stall(phase, houses[-1], waits[-1]) for phase in PHASES[1:]),
    ]


def _log(sandbox: Sandbox, events: int, sizes: Sizes, say: Callable[[str], None]) -> House:
    settings = sandbox.settings(sandbox.database())
    house = House(
        events=events, settings=settings, people=people_of_a_new_house(settings, sizes),
        associate="", customer="",
    )  # fmt: skip
    with Work(house, sizes) as work:
        work.sell(1)
    say(f"a log of {events:,} events")
    with connect(settings, str(settings.database_url), name="benchmark", limit_statements=False) as one:
        indexes = one.execute(INDEXES).fetchall()
        for name, _ in indexes:
            one.execute(f"DROP INDEX {name}".encode())
        one.execute(EVENTS, (events, events, POSTINGS_OF_AN_ACCOUNT))
        one.execute(KEYS, (events,))
        for _, definition in indexes:
            one.execute(str(definition).encode())
        one.execute("VACUUM (ANALYZE) stored_events, idempotency_keys")
        one.execute("CHECKPOINT")
        for name, size in one.execute(BYTES, (events, events)).fetchall():
            say(f"| {name} | {size:.0f} bytes of an event |")
    return house

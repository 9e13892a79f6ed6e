"""Every benchmark in its small form: what it measures against must not drift from what it measures."""

from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.peers.race import TOOLS
from benchmarks.run import BENCHMARKS, LONG
from benchmarks.sandbox import Sandbox
from benchmarks.sizes import Sizes

#: Figures of these sizes say nothing about speed.
SMALL = Sizes(
    turns=1,
    load_seconds=0.1,
    command_seconds=0.2,
    lone_sales=2,
    lone_warm_seconds=0.1,
    imported_one_by_one=5,
    relay_events=1_000,
    projector_events=1_000,
    season_customers=40,
    book_customers=10,
    customers_played=40,
    rebuild_events=1,
    stock_seconds=1,
    stream_events=(10, 250),
    rebuild_long_events=(1, 2),
    lookup_customers=(10, 20),
    lookup_requests=2,
    growth_events=(1,),
    growth_sales=2,
    growth_reads=1,
    growth_stall_seconds=0.1,
)

EXPORT = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE HANGING HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom
536366,22633,HAND WARMER UNION JACK,6,2010-12-01 08:28:00,1.85,17850,United Kingdom
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as servers:
        yield servers


@pytest.mark.slow
@pytest.mark.parametrize("name", [*BENCHMARKS, *LONG])
def test_a_benchmark_measures_something_against_its_floor(
    name: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    if name == "peers" and not (TOOLS / ".ready").is_file():
        pytest.skip("the other event stores are installed by `make bench ARGS=peers` alone")
    export = tmp_path / "online_retail.csv"
    export.write_text(EXPORT)
    sizes = replace(SMALL, import_file=export)
    figures = import_module(f"benchmarks.{name}").measure(sandbox, lambda _: None, sizes)
    assert figures
    # A rebuild may be over before its memory is looked at.
    assert all(figure.value > 0 and (figure.floor > 0 or figure.unit == "MiB") for figure in figures)

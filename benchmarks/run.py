"""Every benchmark, one after the other, on servers of its own."""

import importlib
from collections.abc import Callable, Sequence

from benchmarks.figure import Figure
from benchmarks.sandbox import Sandbox
from benchmarks.sizes import FULL, Sizes

#: Each has `measure(sandbox, say, sizes) -> list[Figure]`.
BENCHMARKS = (
    "imports", "sales", "lone_sale", "relay", "kits", "projector", "book_page", "book_reads",
    "authentication", "rebuild", "long_streams",
)  # fmt: skip
#: Run only when they are named: they take a quarter of an hour to hours, or (peers) packages of their own.
LONG = ("live", "rebuild_long", "customer_lookup", "growth", "log_growth", "peers")


class UnknownBenchmark(ValueError):
    """No benchmark is called that."""


def run(names: Sequence[str], say: Callable[[str], None], sizes: Sizes = FULL) -> list[Figure]:
    """The figures of these benchmarks, of all when none is named. `say` is told what goes on."""
    for name in names:
        if name not in (*BENCHMARKS, *LONG):
            raise UnknownBenchmark(
                f"no benchmark is called {name}; there are {', '.join((*BENCHMARKS, *LONG))}"
            )
    figures: list[Figure] = []
    for name in names or BENCHMARKS:
        measure = importlib.import_module(f"benchmarks.{name}").measure
        with Sandbox() as sandbox:
            figures.extend(measure(sandbox, say, sizes))
    return figures

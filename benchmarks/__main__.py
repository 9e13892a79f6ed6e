"""`python -m benchmarks [NAME...] [--json]`: figures, each beside its floor in the same run."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number
from msgspec.structs import asdict

from benchmarks.figure import Figure
from benchmarks.run import UnknownBenchmark, run
from benchmarks.sizes import FULL
from infra.logs import set_up_logs
from infra.settings import Settings
from services.cli.output import Output, complain, remark
from services.cli.tables import table

app = App(name="python -m benchmarks", help_format="plaintext", result_action="return_value")


@app.default
def bench(
    *names: Annotated[str, Parameter(help="Which benchmarks; all but the long ones when none is named.")],
    events: Annotated[
        int | None,
        Parameter(help="Events of the largest house (growth, log_growth).", validator=Number(gte=1)),
    ] = None,
    output: Output = Output(),
) -> int:
    """Measure on servers of its own, in a temporary folder, and hold each figure against its floor.

    imports, sales, lone_sale, relay, projector, book_page, book_reads, authentication, rebuild; only
    when named: live (5,000 listeners), customer_lookup (a million customers), rebuild_long (half an hour
    and 15 GB of disk), growth (15 minutes and 5 GB; --events 10000000 two hours and 45 GB), log_growth (the
    log alone), peers (installs other event stores below .tools first). A figure is worth something only
    beside what was measured in the same run on the same machine; the ratio is what counts. Exit code 1 when
    a ratio is below its goal.
    """
    set_up_logs(Settings(log_level="warning"))
    sizes = FULL if events is None else replace(FULL, growth_events=(FULL.growth_events[0], events))
    try:
        figures = run(names, remark, sizes)
    except UnknownBenchmark as error:
        complain(str(error))
        return 2
    document = [{**asdict(figure), "ratio": round(figure.ratio, 3)} for figure in figures]
    output.show(document, lambda _: draw_figures(figures))
    return 0 if all(figure.ratio >= figure.goal for figure in figures) else 1


def draw_figures(figures: Sequence[Figure]) -> None:
    """The figures as a table."""
    columns = (
        "figure", "of", ("value", "right"), "held against", ("floor", "right"), ("ratio", "right"),
        ("goal", "right"),
    )  # fmt: skip
    rows = [
        (
            f.name, f.of, f"{f.value:,.0f} {f.unit}", f.against, f"{f.floor:,.0f}", f"{f.ratio:.2f}",
            f"{f.goal:g}",
        )
        for f in figures
    ]  # fmt: skip
    table("", columns, rows)


if __name__ == "__main__":
    sys.exit(app())

"""`clienteling bench`: figures, each beside its floor in the same run."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from infra.logs import set_up_logs
from infra.settings import Settings
from services.cli.output import Json, WrongUsage, complain, document, remark, table

if TYPE_CHECKING:
    from benchmarks.figure import Figure


def bench(
    *names: Annotated[str, Parameter(help="Which benchmarks; all when none is named.")],
    json: Json = False,
) -> int:
    """Measure on servers of its own, in a temporary folder, and hold each figure against its floor."""
    # The benchmarks lie beside the product, not in it: they are there in a checkout and not where it is only
    # installed.
    try:
        from benchmarks.run import UnknownBenchmark, run
    except ImportError:
        complain("the benchmarks come with a checkout of the project; this is an installation without them")
        return 1
    set_up_logs(Settings(log_level="warning"))
    try:
        figures = run(names, remark)
    except UnknownBenchmark as error:
        raise WrongUsage(str(error)) from error
    if json:
        document([{**_fields(figure), "ratio": round(figure.ratio, 3)} for figure in figures])
    else:
        show(figures)
    return 0 if all(figure.ratio >= figure.goal for figure in figures) else 1


def show(figures: "Sequence[Figure]") -> None:
    """The figures as a table."""
    columns = (
        "figure",
        "of",
        ("value", "right"),
        "held against",
        ("floor", "right"),
        ("ratio", "right"),
        ("goal", "right"),
    )
    rows = [
        (
            f.name,
            f.of,
            f"{f.value:,.0f} {f.unit}",
            f.against,
            f"{f.floor:,.0f}",
            f"{f.ratio:.2f}",
            f"{f.goal:g}",
        )
        for f in figures
    ]
    table("", columns, rows)


def _fields(figure: object) -> dict[str, object]:
    from msgspec.structs import asdict

    return asdict(figure)  # type: ignore[arg-type]

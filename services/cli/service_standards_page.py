"""`clienteling service-standards` on a terminal: tables, and a bar for each standard and week."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import accumulate

from projections.service_standards.kept_customers import KeptCustomers
from projections.service_standards.queries import ServiceMeasure
from services.cli.output import money, say
from services.cli.tables import table
from services.read_models.service_standards import ServiceWeeks

BAR_CELLS = 40
#: What a cell of a bar stands for.
CELLS = {"kept": "█", "late": "▓", "missed": "░", "open": "·"}
LEGEND = "█ kept   ▓ late   ░ missed   · still open"


def draw_weeks(found: ServiceWeeks) -> None:
    """Print what was due, by associate, and a chart of all of them together."""
    title = f"Standards of service, {found.start} to {found.end}, as of {found.as_of:%Y-%m-%d %H:%M} UTC"
    counts = [(heading, "right") for heading in ("due", "kept", "late", "missed", "open", "target")]
    table(
        title,
        ("week", "associate", "store", "standard", *counts),
        (
            (
                one.week,
                one.associate_id or "nobody's",
                one.store_id or "",
                one.kind.replace("_", " "),
                one.due,
                one.kept,
                one.late,
                one.missed,
                one.open,
                f"{one.target_bp / 100:g} %",
            )
            for one in found.measures
        ),
    )
    say("\n" + LEGEND, style="italic")
    for line in chart(found.measures):
        say(line)


def chart(measures: Iterable[ServiceMeasure]) -> list[str]:
    """A bar for each standard and week: everybody's together, as shares of what was due."""
    sums: dict[tuple[str, date], list[int]] = {}
    for one in measures:
        counts = sums.setdefault((one.kind, one.week), [0, 0, 0, 0])
        for place, count in enumerate((one.kept, one.late, one.missed, one.open)):
            counts[place] += count
    widest = max((len(kind) for kind, _ in sums), default=0)
    return [
        f"{kind.replace('_', ' '):<{widest}}  {week}  {bar(counts)}  {counts[0]:,} of {sum(counts):,} kept"
        for (kind, week), counts in sorted(sums.items())
    ]


def bar(counts: Sequence[int]) -> str:
    """Kept, late, missed and open as shares of forty cells; every cell is drawn."""
    whole = sum(counts)
    ends = [BAR_CELLS * upto // whole for upto in accumulate(counts)] if whole else [0, 0, 0, 0]
    begins = [0, *ends[:-1]]
    cells = zip(CELLS.values(), begins, ends, strict=True)
    return "".join(cell * (end - begin) for cell, begin, end in cells)


def draw_kept_customers(found: KeptCustomers) -> None:
    """Print the cohorts, the spend of returning customers, and tenure."""
    right = "right"
    table(
        "Of those who bought in a quarter, who came back within a year",
        (
            "quarter",
            ("bought", right),
            ("came back", right),
            ("may still", right),
            ("did not", right),
            ("kept", right),
        ),
        (
            (
                one.quarter,
                one.bought,
                one.came_back,
                one.open,
                one.left,
                f"{one.came_back * 100 // one.bought} %",
            )
            for one in found.cohorts
        ),
    )
    table(
        "\nNet spend of customers who had bought before",
        ("quarter", ("net spend", right), ("of returning customers", right), ("share", right)),
        (
            (
                one.quarter,
                money(one.net_minor, one.currency),
                money(one.returning_minor, one.currency),
                "" if one.returning_bp is None else f"{one.returning_bp / 100:.1f} %",
            )
            for one in found.spend
        ),
    )
    table(
        "\nHow long associates have worked here, and customers have been theirs",
        ("associate", "store", ("days here", right), ("customers", right), ("days theirs (median)", right)),
        (
            (one.associate_id, one.store_id or "", f"{one.days:,}", one.customers, one.book_days)
            for one in found.tenure
        ),
    )

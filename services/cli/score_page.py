"""`clienteling score show`: one customer's score on a terminal, its reasons, and its course as a text
chart.
"""

from collections.abc import Sequence
from datetime import timedelta

from projections.loyalty_score.queries import ComponentDocument, EvidenceDocument, PointInTime, ScoreDocument
from services.cli.output import money, say
from services.cli.tables import table

#: The course: a year, a bar for every four weeks.
COURSE = timedelta(weeks=52)
STEP = timedelta(weeks=4)
BAR_CELLS = 50
POINTS_MAX = 1_000
EVENTS_SHOWN_MAX = 5
#: A cell filled by eighths, so that a bar is exact to a few points.
EIGHTHS = " ▏▎▍▌▋▊▉"


def draw_score(found: ScoreDocument) -> None:
    """Print the score, its reasons and its course."""
    table(
        f"{found.customer_id} on {found.as_of:%Y-%m-%d}: {found.score} of {POINTS_MAX:,} "
        f"(parameters of version {found.parameters_version})",
        ("component", ("points", "right"), ("at most", "right"), "because"),
        [
            *(
                (one.name.replace("_", " "), one.points, one.points_max, one.reason)
                for one in found.components
            ),
            ("together", found.score, sum(one.points_max for one in found.components), ""),
        ],
    )
    table(
        "\nThe events behind them, the latest first",
        ("component", "day", "what", ("amount", "right"), "of", ("position", "right")),
        [row for component in found.components for row in _events(component)],
    )
    say("\nIts course", style="italic")
    for line in chart(found.history):
        say(line)


def chart(points: Sequence[PointInTime]) -> list[str]:
    """A line for each point from the last without a score on: its day, a bar, the score."""
    begins = next((number for number, point in enumerate(points) if point.score), len(points))
    return [
        f"{point.as_of:%Y-%m-%d} {bar(point.score):<{BAR_CELLS}} {point.score:>5,}"
        for point in points[max(begins - 1, 0) :]
    ]


def bar(score: int) -> str:
    """A score from 0 to 1,000 as a bar of up to 50 cells."""
    whole, eighths = divmod(score * BAR_CELLS * 8 // POINTS_MAX, 8)
    return "█" * whole + (EIGHTHS[eighths] if eighths else "")


def _events(component: ComponentDocument) -> list[tuple[object, ...]]:
    name = component.name.replace("_", " ")
    latest = component.events[::-1]
    rows: list[tuple[object, ...]] = [
        (
            name if number == 0 else "",
            event.occurred_at.date(),
            event.kind.replace("_", " "),
            _amount(event),
            event.subject_id,
            event.position,
        )
        for number, event in enumerate(latest[:EVENTS_SHOWN_MAX])
    ]
    if len(latest) > EVENTS_SHOWN_MAX:
        rows.append(("", "", f"and {len(latest) - EVENTS_SHOWN_MAX:,} before", "", "", ""))
    return rows


def _amount(event: EvidenceDocument) -> str:
    if event.amount_minor is None or event.currency is None:
        return ""
    return money(event.amount_minor, event.currency)

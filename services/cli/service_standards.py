"""`clienteling service-standards`: what was due to customers, what came of it, and whether they come back."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from cyclopts import App, Parameter

from infra.clock import SYSTEM_CLOCK
from infra.runtime import Runtime, open_runtime
from projections.service_standards.kept_customers import KeptCustomers
from services.cli.as_of_options import AsOf
from services.cli.associate_argument import associate_id_of
from services.cli.output import Output
from services.cli.service_standards_page import draw_kept_customers, draw_weeks
from services.read_models.rows_as_of import moment_of
from services.read_models.service_standards import (
    Question,
    Rows,
    read_kept_customers,
    read_weeks,
    whole_weeks,
)
from services.read_models.tables import Query

app = App(name="service-standards", help_format="plaintext")

Store = Annotated[str | None, Parameter(help="Only this store.")]


@app.command
def weeks(
    *,
    start: Annotated[date | None, Parameter(help="A day of the first week (2026-03-02).")] = None,
    end: Annotated[date | None, Parameter(help="A day of the last week; today's when left out.")] = None,
    store: Store = None,
    associate: Annotated[
        str | None, Parameter(help="Only one associate: ass_..., or their reference.")
    ] = None,
    as_of: AsOf = AsOf(),
    output: Output = Output(),
) -> int:
    """Show what was due in each week, how much of it was kept, late and missed, and draw it.

    Weeks go from Monday to Sunday by the stores' clocks: the last thirteen when
    nothing is said. With --json each number lists its events.

    For example:

        clienteling service-standards weeks --store downtown
        clienteling service-standards weeks --start 2026-03-02 --as-of 2026-03-31
    """
    with open_runtime() as runtime:
        asked = _question(runtime, as_of, store)
        first, last = whole_weeks(start, end, asked.instant.date())
        question = Question(
            start=first,
            end=last,
            position=asked.position,
            instant=asked.instant,
            is_past=asked.is_past,
            store_id=store,
            associate_id=None if associate is None else associate_id_of(runtime, associate),
        )
        found = read_weeks(question, lambda queries: _rows(runtime, queries))
    output.show(found, draw_weeks)
    return 0


@app.command
def customers(
    *,
    store: Store = None,
    as_of: AsOf = AsOf(),
    output: Output = Output(),
) -> int:
    """Show whether customers come back: by quarter, by what they spend, and how long books have been here.

    For example:

        clienteling service-standards customers --store downtown
    """
    with open_runtime() as runtime:
        asked = _question(runtime, as_of, store)
        found: KeptCustomers = read_kept_customers(asked, lambda queries: _rows(runtime, queries))
    output.show(found, draw_kept_customers)
    return 0


def _question(runtime: Runtime, as_of: AsOf, store: str | None) -> Question:
    past = as_of.cutoff(runtime.log)
    last_fact_at = moment_of(runtime.log, past.position) if as_of.is_limited else None
    instant = past.instant or last_fact_at or SYSTEM_CLOCK.now()
    return Question(
        start=instant.date(),
        end=instant.date(),
        position=past.position,
        instant=instant,
        is_past=as_of.is_past,
        store_id=store,
    )


def _rows(runtime: Runtime, queries: Sequence[Query]) -> list[Rows]:
    return [runtime.rows(query.sql, dict(query.parameters)) for query in queries]

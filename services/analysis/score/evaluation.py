"""Evaluate the score on a file: rank customers at a cut-off date and compare with what they bought
afterwards.

Events up to the cut go through the projection's own fold, the parameters are calibrated on the same events,
and no model sees anything after the cut.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import numpy as np

from domain.sale.events import SaleRecorded
from projections.loyalty_score.fold import LoyaltyRow, empty, fold
from projections.loyalty_score.folding import seconds_of
from projections.loyalty_score.parameters import DEFAULT, Parameters
from projections.loyalty_score.score import points_of
from projections.loyalty_score.state import LoyaltyState
from services.analysis.score.baselines import Repeats, bgnbd_expected, fit_bgnbd, past_rate, rfm
from services.analysis.score.calibration import TooLittleHistory, calibrate
from services.analysis.score.purchase_events import PurchaseEvent, ReadReport
from services.analysis.score.purchase_files import FileFormat, purchase_events
from services.analysis.score.ranking_measures import Measures, Numbers, measures_of
from services.importing.pipeline.csv_files import UnusableFile

ParameterChoice = Literal["calibrated", "default"]


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """How each model ranked the customers who had bought by the cut.

    `customers`: who had bought by the end of `cut`; `came_back`: how many of them bought afterwards;
    `purchases_after`: the days on which they did, until `until`, the last day of the file. Several purchases
    on one day count as one. `unreadable` names rows of an Online Retail file that cannot be read.
    """

    format: FileFormat
    cut: date
    until: date
    rows: int
    left_out: dict[str, int]
    unreadable: list[str]
    customers: int
    came_back: int
    purchases_before: int
    purchases_after: int
    parameters: Parameters
    score: Measures
    bgnbd: Measures
    rfm: Measures
    rate: Measures


class CustomerHistory(NamedTuple):
    """A customer's row at the cut, their days with a purchase by the cut and after it, and their spend by
    the cut.
    """

    row: LoyaltyRow
    before: set[int]
    after: set[int]
    spend_minor: list[int]


def evaluate(
    paths: Sequence[Path],
    format: FileFormat,
    cut: date,
    *,
    columns: Mapping[str, str] | None = None,
    date_format: str | None = None,
    parameters: ParameterChoice = "calibrated",
) -> Evaluation:
    """Rank the customers of files as of the end of `cut` (UTC), by the score and by three published models.

    `columns` names the columns of a csv file (customer, date, amount), `date_format` the form of its dates.
    `parameters`: calibrated on the
    history up to the cut (the defaults when it is too short), or the defaults. Raises UnusableFile, also when
    nothing was bought before or after the cut.
    """
    report = ReadReport()
    events = purchase_events(paths, format, columns or {}, report, date_format=date_format)
    histories = _histories(events, cut)
    known = [customer for _, customer in sorted(histories.items()) if customer.before]
    until = date.fromordinal(max((max(c.before | c.after) for c in histories.values()), default=1))
    came_back = sum(bool(customer.after) for customer in known)
    if not known or not came_back or came_back == len(known):
        raise UnusableFile(
            f"{', '.join(map(str, paths))}: {len(known)} customers bought until {cut}, "
            f"{came_back} of them also afterwards: there is nothing to tell apart"
        )
    as_of = seconds_of(datetime(cut.year, cut.month, cut.day, tzinfo=UTC) + timedelta(days=1)) - 1
    states = [customer.row.known for customer in known]
    in_force = _parameters(states, as_of) if parameters == "calibrated" else DEFAULT
    scores = np.array([sum(points_of(state, as_of, in_force)) for state in states], float)
    repeats = _repeats(known, cut)
    after = np.array([len(customer.after) for customer in known], float)
    expected = bgnbd_expected(fit_bgnbd(repeats), repeats, until.toordinal() - cut.toordinal())
    return Evaluation(
        format=format,
        cut=cut,
        until=until,
        rows=report.rows,
        left_out=report.left_out,
        unreadable=report.messages,
        customers=len(known),
        came_back=came_back,
        purchases_before=sum(len(customer.before) for customer in known),
        purchases_after=int(after.sum()),
        parameters=in_force,
        score=measures_of(scores, after),
        bgnbd=measures_of(expected, after),
        rfm=measures_of(rfm(repeats), after),
        rate=measures_of(past_rate(repeats), after),
    )


def _histories(events: Iterable[PurchaseEvent], cut: date) -> dict[str, CustomerHistory]:
    histories: dict[str, CustomerHistory] = {}
    last = cut.toordinal()
    for position, event in enumerate(events, start=1):
        key = event.customer_id or ""
        customer = histories.get(key)
        if customer is None:
            customer = histories[key] = CustomerHistory(empty(key), set(), set(), [0])
        day = event.occurred_at.toordinal()
        if day <= last:
            fold(customer.row, event, position)
        if isinstance(event, SaleRecorded):
            (customer.before if day <= last else customer.after).add(day)
            customer.spend_minor[0] += event.net_minor if day <= last else 0
    return {key: customer for key, customer in histories.items() if customer.before or customer.after}


def _parameters(states: list[LoyaltyState], as_of: int) -> Parameters:
    try:
        return calibrate(states, as_of)
    except TooLittleHistory:
        return DEFAULT


def _repeats(known: list[CustomerHistory], cut: date) -> Repeats:
    first = np.array([min(customer.before) for customer in known], float)
    last = np.array([max(customer.before) for customer in known], float)
    bought = np.array([len(customer.before) for customer in known], float)
    spend: Numbers = np.array([customer.spend_minor[0] for customer in known], float)
    return Repeats(bought - 1, last - first, cut.toordinal() - first, spend)

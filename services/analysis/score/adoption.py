"""Backtest calibrated parameters on the shop's own history, and adopt them."""

import msgspec

from domain.score_parameters.commands import AdoptScoreParameters
from infra.clock import SYSTEM_CLOCK
from infra.event_store.command_context import context_of_command_line
from infra.ids import new_id
from infra.runtime import Runtime
from projections.as_of import Cutoff
from projections.loyalty_score.folding import seconds_of
from projections.loyalty_score.queries import ALL_ROWS
from services.analysis.score.backtest import Backtest, backtest
from services.analysis.score.score_inputs import all_loyalty_states, score_parameters_of


class Adopted(msgspec.Struct, frozen=True, kw_only=True):
    """The version that was adopted, and the position of its event."""

    version: str | int
    position: int


def backtest_of_shop(runtime: Runtime, until: int | None) -> tuple[Backtest, int]:
    """Backtest on all of history until then (seconds since 1970), by default until the last sale on record.

    Returns it and how many customers there are.

    Raises ValueError, as `backtest` does.
    """
    states = list(all_loyalty_states(runtime.rows(ALL_ROWS)).values())
    last_sale = max((sale.known_at for state in states for sale in state.sales), default=0)
    now = Cutoff(runtime.log.last_position(), None)
    in_force = score_parameters_of(runtime.log, now)(seconds_of(SYSTEM_CLOCK.now()))
    return backtest(states, last_sale if until is None else until, in_force), len(states)


def adopt(runtime: Runtime, found: Backtest, customers: int) -> Adopted:
    """Record the parameters that a backtest found."""
    reason = f"calibrated on {customers:,} customers until {found.until:%Y-%m-%d}"
    command = AdoptScoreParameters(parameters=found.found.to_adopt(), reason=reason)
    answer = runtime.handler.handle(command, new_id("cli"), context_of_command_line())
    return Adopted(version=answer.ids["version"], position=answer.position)

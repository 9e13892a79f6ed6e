"""Hours that a statement counts, or that came late, and were wrong: what putting them right is worth."""

from datetime import datetime
from functools import reduce

from domain.associate.state import AssociateState
from domain.commission_account.commands import RecordHours
from domain.commission_account.events import AccountEvent, LateHoursRecorded
from domain.commission_account.history import history_of
from domain.commission_account.late_hours import corrected_top_up, late_topped_up
from domain.commission_account.posting import account_of, posting_on
from domain.commission_account.state import evolve
from domain.commission_account.writing_off import written_off
from domain.messages import Refused
from domain.state_reader import StateReader


def hours_corrected(
    command: RecordHours, associate: AssociateState, states: StateReader, at: datetime
) -> list[AccountEvent]:
    """The day as it was, and what its period would have paid more or less; the statement stays as issued.
    Raises Refused while the period has none: it pays the hours that came late for it; and for more hours of
    one's own.
    """
    history = history_of(states, associate)
    counted = history.days[command.worked_on]
    statement = counted.statement
    if statement is None:
        raise Refused(
            "statement_to_come",
            f"The hours of {command.worked_on} came late, and their period has no statement of this "
            "associate yet: send it again when it has one.",
            "worked_on",
        )
    minutes = (command.selling_minutes, command.non_selling_minutes)
    if minutes == (counted.selling_minutes, counted.non_selling_minutes):
        return []
    if sum(minutes) > counted.minutes and command.recorded_by == associate.associate_id:
        raise Refused(
            "corrects_own_hours",
            f"The hours of {command.worked_on} are settled, and more of them are in one's own favour: "
            "somebody else has to record them.",
            "recorded_by",
        )
    corrected = LateHoursRecorded(
        occurred_at=at,
        associate_id=associate.associate_id,
        currency=associate.currency,
        worked_on=command.worked_on,
        selling_minutes=command.selling_minutes,
        non_selling_minutes=command.non_selling_minutes,
        base_rate_minor=counted.base_rate_minor,
        period_id=statement.period_id,
        minutes_before=counted.minutes,
    )
    account = account_of(states, associate.associate_id)
    posting = posting_on(states, associate, statement.ends_on)
    late = account.late.get(statement.period_id, 0)
    top_up = corrected_top_up(
        account.stated[statement.period_id],
        late,
        late + corrected.more_minutes * corrected.base_rate_minor,
        unpaid_minor=history.late_unpaid.get((statement.period_id, posting.bucket), 0),
        owed_minor=account.owed_minor,
    )
    events: list[AccountEvent] = [
        corrected,
        *late_topped_up(
            states, associate, statement.period_id, statement.ends_on, top_up, at, reason="corrected_hours"
        ),
    ]
    if associate.left_on is not None:
        account = reduce(evolve, events, account)
        events += written_off(states, associate, account, associate.left_on, at)
    return events

"""The open questions about an account: what each is about, and which statement it keeps from being signed."""

from datetime import date

import msgspec
from msgspec.structs import replace

from domain.commission_account.events import StatementIssued


class OpenQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What a question is about: a statement, or an entry (with a position).

    `period_id` is the period of either. An entry without one waits for a day's (`waits_for`), or nobody knows
    which statement includes it.
    """

    entry_position: int | None = None
    line_no: int | None = None
    period_id: str | None = None
    waits_for: date | None = None

    def concerns(self, period_id: str) -> bool:
        """Whether it is, or may be, about the statement of a period or an entry that this includes."""
        return self.period_id == period_id or (self.period_id is None and self.waits_for is None)

    def is_about(self, entry_position: int | None, line_no: int | None, period_id: str | None) -> bool:
        """Whether it is about the same entry and line, or about the same statement."""
        if entry_position is None:
            return self.entry_position is None and self.period_id == period_id
        return (self.entry_position, self.line_no) == (entry_position, line_no)

    def after(self, statement: StatementIssued) -> "OpenQuestion":
        """The same once a statement has included what found no period or waited for one of its days."""
        if self.period_id is not None or (self.waits_for or statement.ends_on) > statement.ends_on:
            return self
        return replace(self, period_id=statement.period_id, waits_for=None)

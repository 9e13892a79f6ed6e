"""The verification report: both hashes of each projection, differing rows, wrong statements."""

from collections.abc import Sequence
from typing import Any

from domain.commission_account.discrepancies import Discrepancy
from services.cli.output import complain, money, say
from services.projector.spot_check.difference_dating import Difference
from services.rebuild.left_out_events import in_words as left_out_in_words
from services.rebuild.verify import VerificationReport
from services.rebuild.verify_statements import StatementsVerified


def show_verification_report(found: Sequence[VerificationReport]) -> None:
    """Print the report. Hashes are printed whole, to compare them with another run or machine."""
    for one in found:
        rows_differ = one.live_hash != one.history_hash or one.differences_in_all > 0
        verdict = f"{one.differences_in_all:,} rows DIFFER" if rows_differ else "the same"
        if one.trouble is not None and not rows_differ:
            verdict = "the same as another history"
        say(f"{one.name}: {one.rows:,} rows up to position {one.position:,}: {verdict}")
        if one.left_out:
            say(f"    {left_out_in_words(one.left_out)}")
        say(f"    live     {one.live_hash}")
        say(f"    history  {one.history_hash}")
        if one.statements is not None:
            _show_statements(one.statements)
    for one in found:
        if one.trouble is not None:
            complain(one.trouble)
        for difference in one.differences:
            complain(in_words(difference))
        _say_that_there_are_more(one.differences_in_all, len(one.differences))
        if one.statements is not None:
            for discrepancy in one.statements.discrepancies:
                complain(describe_discrepancy(discrepancy))
            _say_that_there_are_more(one.statements.discrepancies_in_all, len(one.statements.discrepancies))


def _show_statements(statements: StatementsVerified) -> None:
    wrong = statements.discrepancies_in_all
    verdict = f"{wrong:,} amounts DIFFER" if wrong else "as history says"
    say(f"    {statements.statements:,} issued statements up to position {statements.position:,}: {verdict}")


def _say_that_there_are_more(in_all: int, shown: int) -> None:
    if in_all > shown:
        complain(f"and {in_all - shown:,} more")


def in_words(one: Difference) -> str:
    """A differing row: which, in which fields, since which event."""
    place = f" position {one.position} n {one.n}" if one.position is not None else ""
    fields = f" {', '.join(one.fields)}" if one.fields else ""
    since = f", since position {one.since_position}" if one.since_position is not None else ""
    return f"{one.table} {one.key}{place}: {one.what}{fields}{since}"


def describe_discrepancy(one: Discrepancy) -> str:
    """A wrong field of a statement: whose, of which period, stored and expected."""
    period = f" {one.period_id}" if one.period_id is not None else ""
    if one.field == "period_id" and one.expected is None:
        what = "there is no such period to be stated, or it has its statement already"
    elif one.stored is None:
        what = f"{one.field} is missing, history says {_amount(one, one.expected)}"
    else:
        what = f"{one.field} is {_amount(one, one.stored)}, history says {_amount(one, one.expected)}"
    return f"{one.account_id}{period}: {one.fact} at position {one.position}: {what}"


def _amount(one: Discrepancy, value: Any) -> str:
    return (
        money(value, one.currency) if one.field.endswith("_minor") and isinstance(value, int) else str(value)
    )

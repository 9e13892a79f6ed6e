"""`clienteling ledger what-if`: history under alternative pay rules, compared with what was paid."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, TypeVar

import msgspec
from cyclopts import Parameter

from domain.associate.commands import DeficitPolicy
from infra.runtime import open_runtime
from services.analysis.what_if.alternative_rules import (
    AlternativeRules,
    department_rates_of,
    rate_bp_of,
    tiers_of,
)
from services.analysis.what_if.comparison import AssociateComparison, ComparedStatements, Comparison, compare
from services.analysis.what_if.replay import StatementPair
from services.analysis.what_if.replay_index import build_replay_index, replay_history
from services.cli.output import Output, WrongUsage, complain, flag, money, progress, remark
from services.cli.tables import table
from services.rebuild.left_out_events import in_words

BASE_RATE_MINOR_MAX = 10**15
Text = TypeVar("Text")
Rule = TypeVar("Rule")
Rows = Sequence[tuple[str, ComparedStatements]]


def what_if(
    *,
    policy: Annotated[
        DeficitPolicy | None,
        Parameter(
            help=(
                "What becomes of a deficit: forgive, carry (recoup it later) or recoverable_draw (top-ups, "
                "too)."
            )
        ),
    ] = None,
    rate: Annotated[
        str | None,
        Parameter(
            help=(
                "One commission rate for everything sold: 675 basis points, or 6.75%; replaces departments, "
                "tiers."
            )
        ),
    ] = None,
    department_rate: Annotated[
        list[str] | None,
        flag("The rate of a department, such as shoes=9%; may be repeated."),
    ] = None,
    tier: Annotated[
        list[str] | None,
        flag("Another rate from so much net sales in a period on, such as 1000000=8%; may be repeated."),
    ] = None,
    base_rate: Annotated[
        int | None, Parameter(help="The guarantee per hour in minor units: 800 is 8.00 USD.")
    ] = None,
    since: Annotated[
        str | None,
        Parameter(name="--from", help="The first day (YYYY-MM-DD) of the other rules; before it all stays."),
    ] = None,
    associate: Annotated[
        list[str] | None,
        flag("Change and show only this associate (ass_... or a reference); may be repeated."),
    ] = None,
    period: Annotated[
        str | None, Parameter(help="Show only this pay period. All of history is replayed all the same.")
    ] = None,
    output: Output = Output(),
) -> int:
    """Replay real history under other rules of pay, beside what was paid. Nothing is written.

    Every sale, split, return, match, correction and hour of the log is decided
    again by the code that decided it then, only the pay plans are others; then
    every statement is issued again. What was sold under a rate gives back at that
    rate, and what is carried goes from period to period, as it would have. Only
    what statements settled is compared: a period that is still open is nobody's
    pay yet.

    Without a rule to change it is a check: every statement must come out as it was
    issued; exit code 1 when one does not.

    For example:

        clienteling ledger what-if
        clienteling ledger what-if --policy forgive
        clienteling ledger what-if --rate 7% --from 2026-09-01 --associate ass_...
    """
    try:
        rules = msgspec.structs.replace(
            _rules(policy, rate, base_rate, since),
            department_rates_bp=_said("--department-rate", department_rates_of, department_rate or []),
            tiers=_said("--tier", tiers_of, tier or []),
        )
    except ValueError as error:
        raise WrongUsage(str(error)) from error
    with open_runtime() as runtime, progress(quiet=output.json) as bar:
        index = build_replay_index(runtime.settings, runtime.servers.database_url, runtime.log)
        chosen = frozenset(index.associate_id(one) for one in associate or ())
        rules = msgspec.structs.replace(rules, associate_ids=chosen or None)
        task = bar.add_task("replaying history", total=index.end, rate="events")
        replay = replay_history(
            runtime.settings,
            runtime.servers.database_url,
            index,
            rules,
            lambda position: bar.update(task, completed=position),
        )
        bar.update(task, completed=index.end)
    paid = [one for one in replay.statements() if _is_asked_for(one, chosen, period)]
    if not paid:
        complain(f"no statement was issued{f' for {period}' if period else ''}: there is no pay to compare")
        return 1
    found = compare(paid, index.references)
    document = {"rules": rules, **msgspec.structs.asdict(found), "left_out": index.left_out}
    output.show(document, lambda _: _show(found, rules))
    if index.left_out and not output.json:
        remark(f"replayed without what is in quarantine: {in_words(index.left_out)}")
    return 1 if rules.change_nothing and not found.agrees else 0


def _rules(
    policy: DeficitPolicy | None, rate: str | None, base_rate: int | None, since: str | None
) -> AlternativeRules:
    rate_bp = None if rate is None else _said("--rate", rate_bp_of, rate)
    if base_rate is not None and not 0 <= base_rate <= BASE_RATE_MINOR_MAX:
        raise ValueError(f"--base-rate: {base_rate} is no pay per hour: minor units, 0 or more")
    try:
        first_day = None if since is None else date.fromisoformat(since)
    except ValueError:
        raise ValueError(f"--from: {since!r} is no date (YYYY-MM-DD)") from None
    return AlternativeRules(policy=policy, rate_bp=rate_bp, base_rate_minor=base_rate, since=first_day)


def _said(option: str, reader: Callable[[Text], Rule], text: Text) -> Rule:
    """Parse an option. Raises ValueError with a sentence that names it."""
    try:
        return reader(text)
    except ValueError as error:
        raise ValueError(f"{option}: {error}") from None


def _is_asked_for(paid: StatementPair, associate_ids: frozenset[str], period: str | None) -> bool:
    statement = paid.was or paid.would_be
    return (
        statement is not None
        and (not associate_ids or statement.associate_id in associate_ids)
        and period in (None, statement.period_id)
    )


def _show(found: Comparison, rules: AlternativeRules) -> None:
    if len(found.associates) == 1:
        (one,) = found.associates
        rows = [(each.period_id, each) for each in one.periods]
        _tables(f"{_name(one)} under {describe_rules(rules)}", "period", rows, found.totals)
    else:
        everybody = [(_name(one), one) for one in found.associates]
        _tables(f"Everybody's pay under {describe_rules(rules)}", "associate", everybody, found.totals)
        by_period = [(each.period_id, each) for each in found.periods]
        _pay("\nBy period", "period", by_period, found.totals)
    for total in found.totals:
        remark(
            f"{total.changed} of {total.statements} statements in {total.currency} "
            "would have paid another amount"
        )
    if rules.change_nothing:
        remark(
            "every statement comes out as it was issued" if found.agrees else "HISTORY DOES NOT BEAR THEM OUT"
        )


def _name(one: AssociateComparison) -> str:
    return one.reference or one.associate_id


def _tables(title: str, what: str, rows: Rows, totals: list[ComparedStatements]) -> None:
    _pay(title, what, rows, totals)
    if any(each.was.deficits_minor or each.would_be.deficits_minor for each in totals):
        _deficits(what, rows, totals)


def _pay(title: str, what: str, rows: Rows, totals: list[ComparedStatements]) -> None:
    amounts = ("paid", "would be", "difference", "top-ups", "would be")
    table(
        title,
        (what, *((heading, "right") for heading in amounts)),
        [
            (
                name,
                _amount(one, one.was.pay_minor),
                _amount(one, one.would_be.pay_minor),
                ("+" if one.difference_minor > 0 else "") + _amount(one, one.difference_minor),
                _amount(one, one.was.topped_up_minor),
                _amount(one, one.would_be.topped_up_minor),
            )
            for name, one in (*rows, *_named(totals))
        ],
    )


def _deficits(what: str, rows: Rows, totals: list[ComparedStatements]) -> None:
    amounts = ("owed after", "would be", "forgiven", "would be", "written off", "would be")
    table(
        "\nDeficits and draws of those who had any",
        (what, *((heading, "right") for heading in amounts)),
        [
            (
                name,
                *(
                    _amount(one, minor)
                    for word in ("owed_minor", "forgiven_minor", "written_off_minor")
                    for minor in (getattr(one.was, word), getattr(one.would_be, word))
                ),
            )
            for name, one in (*rows, *_named(totals))
            if one.was.deficits_minor or one.would_be.deficits_minor
        ],
    )


def _named(totals: list[ComparedStatements]) -> list[tuple[str, ComparedStatements]]:
    return [(f"all, {total.currency}", total) for total in totals]


def _amount(one: ComparedStatements, amount_minor: int) -> str:
    """An amount without its currency, which the last row names: the table would not fit a terminal."""
    return money(amount_minor, one.currency, named=False)


def describe_rules(rules: AlternativeRules) -> str:
    """The rules in words."""
    said: list[str] = []
    if rules.policy is not None:
        said.append(f"policy {rules.policy.replace('_', ' ')}")
    if rules.rate_bp is not None:
        said.append(f"a rate of {rules.rate_bp / 100:.2f} %")
    said += [f"{rate_bp / 100:.2f} % on {name}" for name, rate_bp in rules.department_rates_bp.items()]
    said += [f"{tier.rate_bp / 100:.2f} % from {tier.from_minor} minor units on" for tier in rules.tiers]
    if rules.base_rate_minor is not None:
        said.append(f"a base rate of {rules.base_rate_minor} minor units an hour")
    if not said:
        return "their own rules"
    return ", ".join(said) + (f" from {rules.since} on" if rules.since else "")

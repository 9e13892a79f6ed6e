"""Random histories, replayed: by their own rules they come out as they were paid, by others as the second
pay rules say.
"""

from hypothesis import HealthCheck, settings
from msgspec.structs import replace

from domain.associate.commands import ChangePayPlan, HireAssociate, Tier
from domain.commission_account.commands import IssueStatement
from domain.messages import Command
from services.analysis.what_if.alternative_rules import AlternativeRules
from tests.domain.pay_oracle import PayOracle
from tests.domain.test_random_histories import STATEMENT
from tests.domain.test_random_histories import Shop as RandomShop
from tests.services.analysis.what_if.builders import replay

#: A rate of nothing makes periods hold nothing that held something; what follows from that has examples of
#: its own.
TRIED = (
    AlternativeRules(policy="forgive"),
    AlternativeRules(policy="carry", rate_bp=1_250),
    AlternativeRules(policy="recoverable_draw", base_rate_minor=2_000),
    AlternativeRules(rate_bp=333, base_rate_minor=0),
    AlternativeRules(
        rate_bp=600, department_rates_bp={"gifts": 999}, tiers=(Tier(5_001, 450), Tier(33_333, 1_050))
    ),
)


class Shop(RandomShop):
    """A shop whose commands are remembered, so that the second rules can be asked about them once more."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Command] = []

    def send(self, command: Command, refused: str | None = None) -> None:
        super().send(command, refused)
        if refused is None:
            self.sent.append(command)

    def teardown(self) -> None:
        for one in replay(self.story.events, AlternativeRules(), now=self.clock).statements():
            assert one.would_be == one.was
        for rules in TRIED:
            agrees_with_the_second_rules(self, rules)


def agrees_with_the_second_rules(shop: Shop, rules: AlternativeRules) -> None:
    expected = by_the_second_rules(shop.sent, rules)
    if expected is None:
        return
    found = {
        (one.would_be.associate_id, one.would_be.period_id): one.would_be
        for one in replay(shop.story.events, rules, now=shop.clock).statements()
        if one.would_be is not None
    }
    assert set(found) == set(expected)
    for key, cents in expected.items():
        said = {
            name: getattr(found[key], name if hasattr(found[key], name) else f"{name}_minor")
            for name in cents
        }
        assert said == cents


def by_the_second_rules(
    sent: list[Command], rules: AlternativeRules
) -> dict[tuple[str, str], dict[str, object]] | None:
    """Every statement had the plans been others from the beginning; None where one would not have been
    issued when it was.
    """
    oracle, statements = PayOracle(), dict[tuple[str, str], dict[str, object]]()
    for command in sent:
        if isinstance(command, HireAssociate | ChangePayPlan):
            command = replace(command, plan=rules.plan(command.plan))
        if not isinstance(command, IssueStatement):
            oracle.apply(command)
            continue
        if oracle.refuses_statement(command) is not None:
            return None
        cents = oracle.apply(command)
        if cents:
            told = {name: cents[name] for name in STATEMENT}
            statements[command.associate_id, command.period_id] = told
    return statements


Shop.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
TestReplayedHistories = Shop.TestCase

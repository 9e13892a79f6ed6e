"""Every command of the domain is done over HTTP, in one story of the examples that the domain's own tests
use.
"""

from datetime import UTC, date, datetime
from typing import Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from domain.decide import COMMANDS, kebab
from domain.messages import Command
from domain.personal import is_encrypted
from tests.domain.builders import money_commands as money
from tests.domain.builders import people_commands as people
from tests.domain.builders import questions, standards
from tests.domain.builders.money_commands import BEN, CARL, DORA, OTHER_RETURN, OTHER_SALE, RETURN
from tests.services.api.sending import answered

pytestmark = pytest.mark.asyncio(loop_scope="module")

STORY: list[Command] = [
    people.open_store(),
    money.hire_associate(),
    money.hire_associate(associate_id=BEN),
    money.hire_associate(associate_id=CARL),
    money.change_pay_plan(),
    money.open_pay_period(),
    people.register_customer(),
    people.register_customer(customer_id=DORA),
    people.learn_name(),
    people.add_contact_point(),
    people.set_contact_preference(),
    people.record_size(),
    people.record_taste(),
    people.record_wish(),
    people.fulfil_wish(),
    people.reopen_wish(),
    people.record_occasion(),
    people.add_note(),
    people.log_contact(),
    people.plan_follow_up(),
    people.complete_follow_up(),
    people.reopen_follow_up(),
    people.assign_owner(),
    people.reassign_owner(),
    people.remove_contact_point(),
    people.remove_size(),
    people.remove_occasion(),
    people.remove_note(),
    people.remove_contact(),
    people.record_wish(),
    people.withdraw_wish(wish_id=2),
    people.plan_follow_up(),
    people.cancel_follow_up(follow_up_id=2),
    people.assign_owner(associate_id=CARL, role="secondary"),
    people.remove_secondary_owner(associate_id=CARL),
    people.merge_customers(),
    people.unmerge_customers(),
    money.record_sale(),
    money.record_sale(sale_id=OTHER_SALE),
    money.correct_attribution(),
    money.attach_customer(),
    money.detach_customer(),
    money.attach_customer(),
    money.allow_price(sale_id=OTHER_SALE),
    money.accept_return_without_receipt(),
    replace(money.accept_return_without_receipt(), return_id=OTHER_RETURN),
    money.match_return(),
    money.unmatch_return(),
    money.match_return(),
    money.link_exchange(return_id=RETURN),
    money.unlink_exchange(return_id=RETURN),
    money.record_hours(),
    money.close_pay_period(),
    money.reopen_pay_period(),
    money.close_pay_period(),
    money.issue_statement(),
    questions.question_entry(entry_position=None, line_no=None, period_id="2024-03"),
    questions.answer_question(),
    questions.sign_statement(),
    money.issue_statement(associate_id=BEN),
    questions.sign_statement_by_time(associate_id=BEN),
    people.report_heroic_act(),
    people.verify_heroic_act(),
    people.retell_heroic_act(),
    people.revoke_heroic_act(),
    people.report_heroic_act(act_id=people.OTHER_ACT, customer_id=DORA),
    people.reject_heroic_act(act_id=people.OTHER_ACT),
    people.record_stock_arrival(),
    people.adopt_score_parameters(),
    standards.define_service_standard(),
    standards.withdraw_service_standard(),
    money.transfer_associate(),
    money.associate_leaves(),
    money.rehire_associate(),
    money.associate_leaves(left_on=date(2024, 4, 30), occurred_at=money.CLOSED_AT),
    money.cancel_leaving(occurred_at=money.CLOSED_AT),
    money.associate_leaves(left_on=date(2024, 4, 30), occurred_at=money.CLOSED_AT),
    money.leave_as_announced(left_on=date(2024, 4, 30), occurred_at=datetime(2024, 4, 30, 12, tzinfo=UTC)),
    people.forget_customer(customer_id=DORA),
]


def plain(body: dict[str, Any]) -> dict[str, Any]:
    """A command's body as a client sends it: its personal texts are not encrypted."""
    return {name: "1 text about a person" if is_encrypted(value) else value for name, value in body.items()}


async def test_every_command_is_done_over_http(client: httpx.AsyncClient) -> None:
    done: set[str] = set()
    for command in STORY:
        name = kebab(type(command).__name__)
        result = await answered(client, name, **plain(msgspec.to_builtins(command)))
        if result["events"]:
            done.add(name)
    assert done == set(COMMANDS)

"""What the roles are for: written down here a second time, beside what is read from the table of roles."""

import httpx
import pytest

from services.api.auth.principal import Role
from tests.services.api.role_world import World, asked, cells_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: Twenty things and more that nobody of a role may do. `ledger:store` is the ledger of a colleague in the
#: same store, `foreign` is another store's, `own` the role's own associate's (Anna's) or their store's.
FORBIDDEN: dict[Role, str] = {
    "associate": """
        ledger:store ledger:foreign statements:store statement:foreign book:store book:foreign today:store
        customer:store score:store score_history:foreign associate:store associates:own deficits:own
        missing_hours:own statements_of_period:own heroics?status=reported:own sale:foreign return:foreign
        record-hours:store verify-heroic-act:own verify-heroic-act:store hire-associate:own
        questions:store question-entry:store sign-statement:store answer-question:own
        sign-statement-by-time:own
        associate-leaves:store change-pay-plan:own issue-statement:own assign-owner:own reassign-owner:store
        merge-customers:own forget-customer:own record-sale:foreign allow-price:own remove-note:store
    """,
    "manager": """
        ledger:own ledger:store statements:own statement:foreign book:foreign today:foreign customer:foreign
        score:foreign associate:foreign associates:foreign deficits:foreign heroic_act:foreign
        statements_of_period:own sale:foreign return:foreign verify-heroic-act:foreign record-hours:foreign
        reassign-owner:foreign forget-customer:foreign merge-customers:foreign correct-attribution:foreign
        questions:foreign question-entry:store sign-statement:own answer-question:foreign
        sign-statement-by-time:own
        associate-leaves:foreign change-pay-plan:own issue-statement:own close-pay-period:own open-store:own
        adopt-score-parameters:own define-service-standard:foreign
    """,
    "point_of_sale": """
        book:own customer:own today:own score:own ledger:own statements:own associate:own associates:own
        heroics:own deficits:own pay_periods:own sale:foreign return:foreign record-sale:foreign
        accept-return:foreign attach-customer:foreign correct-attribution:own allow-price:own add-note:own
        assign-owner:own record-hours:own hire-associate:own detach-customer:own unmatch-return:own
    """,
    "payroll": """
        book:own today:own customer:own score:own score_history:own heroics:own heroic_act:own return:own
        service_standards:own customers_kept:own record-sale:own accept-return:own allow-price:own
        correct-attribution:own assign-owner:own forget-customer:own add-note:own verify-heroic-act:own
        merge-customers:own open-store:own adopt-score-parameters:own record-stock-arrival:own
        question-entry:own sign-statement:own sign-statement-by-time:own
    """,
    "ops": """
        associates:own associate:own book:own today:own customer:own score:own ledger:own statements:own
        statements_of_period:own deficits:own heroics:own heroic_act:own sale:own return:own
        service_standards:own customers_kept:own record-sale:own record-hours:own hire-associate:own
        forget-customer:own learn-name:own change-pay-plan:own
    """,
    "auditor": """
        register-customer:own learn-name:own add-note:own assign-owner:own merge-customers:own
        forget-customer:own record-sale:own accept-return:own allow-price:own correct-attribution:own
        report-heroic-act:own verify-heroic-act:own hire-associate:own change-pay-plan:own record-hours:own
        issue-statement:own close-pay-period:own open-store:own adopt-score-parameters:own
        question-entry:own answer-question:own sign-statement:own
        record-stock-arrival:own define-service-standard:own
    """,
    "service": """
        associates:own associate:own book:own customer:own score:own ledger:own statements:own heroics:own
        sale:own return:own deficits:own pay_periods:own service_standards:own register-customer:own
        record-sale:own accept-return:own hire-associate:own record-hours:own forget-customer:own
        verify-heroic-act:own open-store:own
    """,
}
#: And what they are there for.
ALLOWED: dict[Role, str] = {
    "associate": """
        ledger:own statements:own book:own today:own customer:own score:own associate:own heroics:store
        sale:store record-hours:own add-note:foreign learn-name:store log-contact:own remove-note:own
        report-heroic-act:store question-entry:own sign-statement:own questions:own
        record-sale:store accept-return:store attach-customer:store colleagues:store
    """,
    "manager": """
        book:store today:store customer:store score:store deficits:store heroics?status=reported:store
        verify-heroic-act:store reassign-owner:store associate-leaves:store record-hours:store
        missing_hours:store hire-associate:store allow-price:store answer-question:store questions:store
    """,
    "point_of_sale": """
        record-sale:store accept-return:store sale:store return:store register-customer:own colleagues:store
    """,
    "payroll": """
        ledger:foreign statements:own statements_of_period:own deficits:foreign close-pay-period:own
        close_preview:own issue-statement:foreign change-pay-plan:store record-hours:foreign
        answer-question:foreign questions:foreign
    """,
    "ops": "score_parameters:own adopt-score-parameters:own open-store:own",
    "auditor": """
        associates:foreign ledger:foreign book:foreign customer:store score:store sale:foreign heroics:own
        statements_of_period:own service_standards:foreign
    """,
}


@pytest.mark.parametrize("role", FORBIDDEN)
async def test_twenty_forbidden_things_are_refused(
    house_client: httpx.AsyncClient, world: World, role: Role
) -> None:
    cells = cells_of(FORBIDDEN[role])
    assert len(cells) >= 20
    for cell in cells:
        answer = await asked(house_client, world, *cell, role)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted"), (cell, answer.text)


@pytest.mark.parametrize("role", ALLOWED)
async def test_each_role_may_do_what_it_is_there_for(
    house_client: httpx.AsyncClient, world: World, role: Role
) -> None:
    for cell in cells_of(ALLOWED[role]):
        answer = await asked(house_client, world, *cell, role)
        assert answer.status_code in (200, 404, 422), (cell, answer.text)

"""Questions about pay and signatures over HTTP, each sent and read by the role that may."""

from typing import Any

import httpx
import pytest

from services.api.auth.principal import Role
from tests.services.api.conftest import Project
from tests.services.api.role_world import World
from tests.services.api.sending import answered, read, sale_of
from tests.tokens import every_right

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAYS = {"starts_on": "2025-01-01", "ends_on": "2025-01-31"}
TEXT = "The second pair was mine as well, Clara asked for me."
_keys = iter(f"question-{number}" for number in range(1_000))


class Shop:
    """Downtown with its January, as somebody in a role sees it."""

    def __init__(self, client: httpx.AsyncClient, world: World, project: Project) -> None:
        self.client, self.world, self.project = client, world, project
        self.anna, self.ben = world.id_of("own"), world.id_of("store")

    async def send(self, role: Role, command: str, **fields: Any) -> httpx.Response:
        associate_id = fields.pop("sent_by", None)
        claims = {} if associate_id is None else {"associate_id": associate_id}
        headers = {**self.world.headers(role, **claims), "Idempotency-Key": next(_keys)}
        return await self.client.post(f"/v1/commands/{command}", json=fields, headers=headers)

    async def done(self, role: Role, command: str, **fields: Any) -> dict[str, Any]:
        answer = await self.send(role, command, **fields)
        assert answer.status_code in (200, 201), answer.text
        await self.project()
        return answer.json()

    async def refused(self, role: Role, command: str, **fields: Any) -> tuple[int, str]:
        answer = await self.send(role, command, **fields)
        return answer.status_code, answer.json()["code"]

    async def read(self, role: Role, path: str, **parameters: Any) -> Any:
        answer = await self.client.get(path, params=parameters, headers=self.world.headers(role))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def asked(self, role: Role, **parameters: Any) -> list[dict[str, Any]]:
        return (await self.read(role, "/v1/questions", **parameters))["questions"]

    async def entry(self, kind: str) -> dict[str, Any]:
        """The last entry of Anna's own account of a kind."""
        ledger = await self.read("associate", f"/v1/associates/{self.anna}/ledger", limit=200)
        own = [one for one in ledger["entries"] if one["account"] == f"associate:{self.anna}"]
        return [one for one in own if one["kind"] == kind][-1]

    async def statement(self) -> dict[str, Any]:
        statement = await self.read("associate", f"/v1/associates/{self.anna}/statements/2025-01")
        (listed,) = (await self.read("associate", f"/v1/associates/{self.anna}/statements"))["statements"]
        of_period = await self.read("payroll", "/v1/pay-periods/2025-01/statements")
        (in_period,) = [one for one in of_period["statements"] if one["associate_id"] == self.anna]
        assert statement == listed == in_period
        return statement


@pytest.fixture(scope="module")
def shop(house_client: httpx.AsyncClient, world: World, house_project: Project) -> Shop:
    return Shop(house_client, world, house_project)


async def read_by_whom_it_concerns(shop: Shop, question_id: str, entry: dict[str, Any]) -> None:
    """The associate, their manager, payroll and auditors read a question in the clear; nobody else does."""
    anna, ben = shop.anna, shop.ben
    readers: tuple[tuple[Role, dict[str, str]], ...] = (
        ("associate", {"associate_id": anna}),
        ("manager", {"store_id": "downtown"}),
        ("payroll", {}),
        ("auditor", {}),
    )
    for role, parameters in readers:
        (one,) = await shop.asked(role, status="open", **parameters)
        assert (one["question_id"], one["question"], one["store_id"]) == (question_id, TEXT, "downtown")
        assert (one["sale_id"], one["period_id"]) == (entry["sale_id"], "2025-01")
    named = await shop.read("manager", "/v1/questions", store_id="downtown", include="names")
    assert named["names"]["associates"][anna] == "Anna"
    others: tuple[tuple[Role, dict[str, str]], ...] = (
        ("associate", {"associate_id": ben}),
        ("manager", {"store_id": "uptown"}),
    )
    for role, parameters in others:
        headers = shop.world.headers(role)
        answer = await shop.client.get("/v1/questions", params=parameters, headers=headers)
        assert answer.status_code == 403, (role, answer.text)


async def answered_by_nobody_else(shop: Shop, declined: dict[str, Any]) -> None:
    """Nobody answers their own question, in whatever role, nor one of another store's."""
    anna = shop.anna
    assert await shop.refused("associate", "answer-question", **declined) == (403, "not_permitted")
    roles: tuple[Role, ...] = ("manager", "payroll")
    for role in roles:
        refused = await shop.refused(role, "answer-question", sent_by=anna, **declined)
        assert refused == (403, "second_person_needed")
    cora = shop.world.id_of("foreign")
    foreign = {**declined, "associate_id": cora}
    assert await shop.refused("manager", "answer-question", **foreign) == (403, "not_permitted")
    assert await shop.refused("payroll", "answer-question", **foreign) == (404, "question_unknown")


async def january(shop: Shop) -> str:
    """A period with a sale of Ben's to Anna's customer, and one of Anna's; the first of them."""
    anna, ben = shop.anna, shop.ben
    await shop.done("payroll", "open-pay-period", scope="downtown", period_id="2025-01", **DAYS)
    every = every_right(shop.world.settings.data_dir)
    shop.client.headers.update(every)
    sold = await answered(
        shop.client,
        "record-sale",
        **sale_of(
            ben, occurred_at="2025-01-10T12:00:00Z", customer_id=shop.world.things["own"]["customer_id"]
        ),
    )
    await answered(shop.client, "record-sale", **sale_of(anna, occurred_at="2025-01-11T12:00:00Z"))
    del shop.client.headers["Authorization"]
    await shop.project()
    return sold["ids"]["sale_id"]


async def signed_by_nobody_else(shop: Shop, issued: dict[str, Any], asked_at: int, second: str) -> None:
    """The associate signs; nobody does it for her, and what was paid is what was paid."""
    anna = shop.anna
    stated = {"associate_id": anna, "period_id": "2025-01"}
    assert await shop.refused("manager", "sign-statement", **stated) == (403, "not_permitted")
    assert await shop.refused("payroll", "sign-statement", **stated) == (403, "not_permitted")
    signing = await shop.done("associate", "sign-statement", **stated)
    signed = await shop.statement()
    assert (signed["signed_by"], signed["open_questions"]) == ("associate", [])
    assert signed["pay_minor"] == issued["pay_minor"]
    path = f"/v1/associates/{anna}/statements/2025-01"
    then = await shop.read("associate", path, as_of_position=signing["position"] - 1)
    assert (then["signed_at"], then["open_questions"]) == (None, [])
    assert await shop.read("associate", path, as_of_position=signing["position"]) == signed
    before = await shop.read("associate", path, as_of_position=asked_at)
    assert before["open_questions"] == [second]

    # What is signed can still be questioned.
    third = await shop.done("associate", "question-entry", question="Late thought.", follows=second, **stated)
    after = await shop.statement()
    assert (after["signed_by"], after["open_questions"]) == ("associate", [third["ids"]["question_id"]])


async def test_a_question_is_declined_asked_again_corrected_and_then_she_signs(
    shop: Shop,
) -> None:
    anna = shop.anna
    sale_of_ben = await january(shop)
    earned = await shop.entry("earned")

    # Anna asks about the entry.
    about = {"entry_position": earned["position"], "line_no": 1}
    said = await shop.done("associate", "question-entry", associate_id=anna, question=TEXT, **about)
    question_id = said["ids"]["question_id"]
    await read_by_whom_it_concerns(shop, question_id, earned)

    # While it is open the statement is issued, and not signed.
    await shop.done("payroll", "close-pay-period", scope="downtown", period_id="2025-01")
    stated = {"associate_id": anna, "period_id": "2025-01"}
    await shop.done("payroll", "issue-statement", scope="downtown", **stated)
    issued = await shop.statement()
    assert (issued["signed_at"], issued["signed_by"]) == (None, None)
    assert issued["open_questions"] == [question_id]
    assert await shop.refused("associate", "sign-statement", **stated) == (422, "question_open")

    about_it = {"question_id": question_id, "associate_id": anna}
    declined = {**about_it, "outcome": "declined", "reason": "No."}
    await answered_by_nobody_else(shop, declined)

    # The manager moves the sale that was hers to her, and says so.
    moved = await shop.done(
        "manager",
        "correct-attribution",
        sale_id=sale_of_ben,
        line_no=1,
        attribution=[{"associate_id": anna}],
    )
    corrected = {**about_it, "outcome": "corrected"}
    elsewhere = await shop.refused(
        "manager", "answer-question", **corrected, correction_position=moved["position"]
    )
    # The question is about another sale than the one that was corrected.
    assert elsewhere == (422, "not_a_correction")
    await shop.done("manager", "answer-question", **declined)
    (one,) = await shop.asked("associate", associate_id=anna)
    assert (one["status"], one["outcome"], one["reason"]) == ("answered", "declined", "No.")
    assert one["answered_by"] == shop.world.mona

    # Asked about the statement, it is corrected by what was moved; payroll answers.
    again = await shop.done("associate", "question-entry", question="And the other sale?", **stated)
    second = again["ids"]["question_id"]
    assert (await shop.statement())["open_questions"] == [second]
    await shop.done(
        "payroll",
        "answer-question",
        question_id=second,
        associate_id=anna,
        outcome="corrected",
        correction_position=moved["position"],
    )
    (_, one) = await shop.asked("associate", associate_id=anna, status="answered")
    assert one["correction_position"] == (await shop.entry("moved"))["position"]
    assert one["answered_by"] is None

    await signed_by_nobody_else(shop, issued, again["position"], second)


async def test_a_question_about_a_forgotten_customers_sale_is_kept_without_their_name(
    shop: Shop,
) -> None:
    things = shop.world.things["store"]
    every = every_right(shop.world.settings.data_dir)
    shop.client.headers.update(every)
    try:
        entries = (await read(shop.client, f"/v1/associates/{shop.ben}/ledger"))["entries"]
        about = next(one for one in entries if one["sale_id"] == things["sale_id"])
        asked = {"associate_id": shop.ben, "entry_position": about["position"]}
        first = await answered(shop.client, "question-entry", question="Was it Clara's?", **asked)
        await answered(shop.client, "forget-customer", customer_id=things["customer_id"])
        await shop.project()
        later = await answered(shop.client, "question-entry", question="And this?", line_no=1, **asked)
        await shop.project()
        listed = (await read(shop.client, "/v1/questions", associate_id=shop.ben))["questions"]
    finally:
        del shop.client.headers["Authorization"]
    texts = {one["question_id"]: one["question"] for one in listed}
    assert texts[first["ids"]["question_id"]] != "Was it Clara's?"
    assert texts[later["ids"]["question_id"]] == "And this?"


async def test_questions_are_paged(shop: Shop) -> None:
    whole = await shop.read("payroll", "/v1/questions")
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = await shop.read("payroll", "/v1/questions", limit=1, **after)
        found += [one["question_id"] for one in page["questions"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert found == [one["question_id"] for one in whole["questions"]]
    assert len(found) > 2

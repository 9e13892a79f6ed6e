"""The app in a browser, on the demo's data, as its people."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Begin
from tests.e2e.demo import CHROMIUM, SIZES, Demo

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(400),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
OF_ASSOCIATES = ("Book", "Sell", "Pay", "Heroics", "Today")


@pytest.mark.parametrize("size", SIZES)
def test_an_associate_opens_each_of_their_screens(begin: Begin, size: str) -> None:
    person = begin(size)
    page = person.sign_in("Associate")
    for screen in OF_ASSOCIATES:
        person.open(screen)
        person.check()
    person.open("Book")
    everybody = page.get_by_role("status").filter(has_text="customers").inner_text()
    page.get_by_label("Show").select_option(label="waiting for something")
    expect(page.get_by_role("status").filter(has_text=everybody)).to_have_count(0)
    waiting = page.get_by_role("main").get_by_role("listitem")
    expect(waiting.filter(has_text="Waiting for").first).to_be_visible()
    expect(waiting.filter(has_not_text="Waiting for")).to_have_count(0)
    person.check()
    waiting.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Who they are")).to_be_visible()
    expect(page.get_by_role("figure")).to_be_visible()
    person.check()
    for adding in ("Log a contact", "Wish"):
        page.get_by_role("button", name=adding).click()
        person.check()
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("button", name=adding)).to_be_focused()
    page.get_by_role("button", name="Menu").click()
    person.check()


def test_whoever_was_reached_is_off_the_list(begin: Begin) -> None:
    person = begin("phone")
    page = person.sign_in("Associate", "Ingrid Novak")
    first = page.get_by_role("main").get_by_role("listitem").filter(has_text="not thanked yet").first
    name = first.get_by_role("heading").inner_text()
    first.get_by_role("button", name="Done").click()
    dialog = page.get_by_role("dialog", name=f"Reached: {name}")
    person.check()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("heading", name=name, exact=True)).to_have_count(0)
    expect(page.get_by_role("heading", level=1, name="Today")).to_be_focused()
    person.check()


def test_a_sale_without_a_link_is_sent_once_when_it_is_back(begin: Begin) -> None:
    person = begin("phone")
    page = person.sign_in("Associate", "Anton Fujita")
    person.open("Sell")
    person.context.set_offline(True)
    for _ in range(2):
        page.get_by_label("Article number").fill("WO0103")
        page.get_by_label(re.compile("^Price")).fill("1,234.50")
        page.get_by_role("button", name="Record $1,234.50").click()
        expect(page.get_by_text("Kept: $1,234.50.")).to_be_visible()
    expect(page.get_by_text("2 entries wait to be sent.")).to_be_visible()
    person.check()
    # The app itself opens without a link, and has kept what waits.
    page.reload()
    expect(page.get_by_role("heading", level=1, name="Sell")).to_be_visible()
    expect(page.get_by_text("2 entries wait to be sent.")).to_be_visible()
    person.context.set_offline(False)
    expect(page.get_by_text("wait to be sent.")).to_have_count(0, timeout=20_000)
    expect(page.get_by_text("Refused afterwards")).to_have_count(0)


def test_goods_come_back_without_a_receipt(begin: Begin) -> None:
    person = begin("phone")
    page = person.sign_in("Point of sale", store="downtown")
    person.open("Sell")
    page.get_by_role("link", name="Take back").click()
    page.get_by_label("What comes back").fill("A pair of tyres")
    page.get_by_label(re.compile("^Refund")).fill("25")
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    person.check()


def test_an_act_is_reported_and_verified_by_somebody_else(begin: Begin) -> None:
    story = "Walked a forgotten parcel to the ferry in the rain."
    reporter = begin("phone")
    page = reporter.sign_in("Associate", "Greta Delacroix")
    reporter.open("Heroics")
    page.get_by_role("button", name="Report an act").click()
    page.get_by_label("Associate").select_option(label="Daphne Tavares")
    page.get_by_label("What happened").fill(story)
    reporter.check()
    page.get_by_role("dialog").get_by_role("button", name="Report an act").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    manager = begin()
    page = manager.sign_in("Manager", store="downtown")
    manager.open("Heroics")
    page.get_by_role("button", name="To verify").click()
    page.get_by_role("listitem").filter(has_text=story).get_by_role("button", name="Verify").click()
    page.get_by_role("dialog").get_by_role("button", name="Verify").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="The wall").click()
    expect(page.get_by_text(story)).to_be_visible()


def test_pay_says_what_a_line_is_about_and_takes_a_question(begin: Begin) -> None:
    person = begin("phone")
    page = person.sign_in("Associate", "Anton Fujita")
    person.open("Pay")
    line = page.get_by_role("listitem").filter(has_text="Taken back").filter(has_text="earned in").first
    line.get_by_role("button", name="Question").click()
    dialog = page.get_by_role("dialog", name="Question")
    dialog.get_by_role("textbox", name="Question").fill("Was this really mine?")
    dialog.get_by_role("button", name="Send the question").click()
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Sign P12").click()
    dialog = page.get_by_role("dialog", name="Sign P12")
    dialog.get_by_role("button", name="Sign").click()
    expect(dialog).to_have_count(0)


def test_a_question_is_answered_while_pay_is_open(begin: Begin) -> None:
    asker = begin("phone")
    page = asker.sign_in("Associate", "Greta Delacroix")
    asker.open("Pay")
    earned = page.get_by_role("listitem").filter(has_text="Earned").first
    earned.get_by_role("button", name="Question").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("Daphne helped me with this one.")
    page.get_by_role("button", name="Send the question").click()
    waiting = page.get_by_role("listitem").filter(has_text="Daphne helped me")
    expect(waiting.get_by_text("waits for an answer")).to_be_visible()
    answerer = begin("desk")
    team = answerer.sign_in("Manager", store="downtown")
    answerer.open("Team")
    asked = team.get_by_role("listitem").filter(has_text="Daphne helped me")
    asked.get_by_role("button", name="Answer Greta Delacroix").click()
    form = team.get_by_role("dialog")
    # Only what they are credited with is there to choose from.
    expect(form.get_by_label("Article").get_by_role("option")).not_to_have_count(1)
    form.get_by_label("Article").select_option(index=1)
    form.get_by_label("Associate").select_option(label="Daphne Tavares")
    answerer.check()
    form.get_by_role("button", name="Answer").last.click()
    expect(form).to_have_count(0)
    expect(asked).to_have_count(0)
    answerer.check()
    # The other browser was told, and shows the answer and what it moved.
    expect(waiting.get_by_text("Corrected")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="with Daphne Tavares").first).to_be_visible()
    asker.check()


def test_a_sale_is_in_the_pay_of_who_sold_it_at_once(begin: Begin) -> None:
    seller = begin("phone")
    pay = seller.sign_in("Associate", "Eloise Wagner")
    seller.open("Pay")
    expect(pay.get_by_text("A green umbrella")).to_have_count(0)
    till = begin("desk")
    page = till.sign_in("Point of sale", store="harbour")
    till.open("Sell")
    page.get_by_label("Article number").fill("UM0001")
    page.get_by_label(re.compile("^Price")).fill("80")
    page.get_by_text("Description, discount, department").click()
    page.get_by_label("Description").fill("A green umbrella")
    page.get_by_role("button", name="Another seller").click()
    page.get_by_label("Associate").select_option(label="Eloise Wagner")
    page.get_by_role("button", name="Record $80.00").click()
    expect(page.get_by_text("Recorded: $80.00.")).to_be_visible()
    expect(pay.get_by_text("A green umbrella")).to_be_visible()


def test_a_book_gets_a_successor(begin: Begin) -> None:
    person = begin("desk")
    page = person.sign_in("Manager", store="downtown")
    person.open("Team")
    book = page.get_by_role("listitem").filter(has_text="last day").filter(has_text="Daphne Tavares")
    book.get_by_role("button", name="Hand over").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Associate").select_option(label="Greta Delacroix")
    expect(form.get_by_text(re.compile(r"Greta Delacroix: [1-9]\d* customers"))).to_be_visible()
    person.check()
    form.get_by_role("button", name="Hand over").click()
    expect(form).to_have_count(0)
    expect(book.get_by_text("to Greta Delacroix")).to_be_visible()


def test_what_has_not_changed_is_not_sent_again(begin: Begin) -> None:
    person = begin("phone")
    page = person.sign_in("Associate")
    person.open("Heroics")
    expect(page.get_by_text("Loading…")).to_have_count(0)
    person.open("Sell")
    with page.expect_response(re.compile("/v1/heroics")) as again:
        person.open("Heroics")
    assert again.value.status == 304
    expect(page.get_by_role("main").get_by_role("listitem").first).to_be_visible()


@pytest.mark.parametrize("role", ["Manager", "Payroll", "Operations", "Auditor", "Point of sale"])
def test_every_other_role_opens_each_of_their_screens(begin: Begin, role: str) -> None:
    for size in SIZES:
        person = begin(size)
        page = person.sign_in(role, store="downtown" if role == "Manager" else "")
        links = page.get_by_role("navigation", name="Screens").get_by_role("link")
        for name in [text.split("\n")[0] for text in links.all_inner_texts()]:
            person.open(name)
            if name in OF_ASSOCIATES:
                expect(page.get_by_text("Loading…")).to_have_count(0)
                expect(page.get_by_role("alert")).to_have_count(0)
            else:
                person.check()


def test_at_twice_the_size_nothing_is_cut_off(begin: Begin) -> None:
    # A desk of 1280 and a phone of 390 points.
    for width, height in ((640, 450), (195, 422)):
        person = begin("desk", viewport={"width": width, "height": height})
        person.sign_in("Associate")
        for screen in OF_ASSOCIATES:
            page = person.open(screen)
            expect(page.get_by_text("Loading…")).to_have_count(0)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (screen, width)


def test_nothing_moves_for_who_wants_no_motion(begin: Begin) -> None:
    moving = """[...document.querySelectorAll("*")].filter((one) =>
        parseFloat(getComputedStyle(one).transitionDuration) > 0 || one.getAnimations().length).length"""
    for motion, moves in (("no-preference", True), ("reduce", False)):
        page = begin("desk", reduced_motion=motion).sign_in("Associate")
        assert bool(page.evaluate(moving)) is moves


def test_shortcuts_are_shown_and_can_be_switched_off(begin: Begin) -> None:
    person = begin("desk")
    page = person.sign_in("Associate")
    shown = page.get_by_role("navigation", name="Screens").locator("kbd")
    expect(shown).to_have_text(["1", "2", "3", "4", "5"])
    page.keyboard.press("2")
    expect(page.get_by_role("heading", level=1, name="Book")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.get_by_role("button", name="Menu").click()
    page.get_by_label("Keyboard shortcuts").uncheck()
    page.keyboard.press("Escape")
    expect(shown).to_have_count(0)
    page.keyboard.press("1")
    expect(page.get_by_role("heading", level=1, name="Book")).to_be_visible()


def test_payroll_looks_at_a_period(begin: Begin) -> None:
    person = begin()
    page = person.sign_in("Payroll")
    page.get_by_role("link", name="P12").click()
    expect(page.get_by_role("table").get_by_role("rowheader", name="Anton Fujita")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("name,associate_id,period_id")
    assert any(line.startswith("Anton Fujita,") for line in lines)


def test_payroll_closes_a_period_that_is_over(begin: Begin) -> None:
    person = begin("desk")
    page = person.sign_in("Payroll")
    page.get_by_role("link", name="P13").click()
    page.get_by_role("button", name="Close", exact=True).click()
    form = page.get_by_role("dialog")
    expect(form.get_by_text("every account gets a statement")).to_be_visible()
    expect(form.get_by_role("rowheader", name="Anton Fujita")).to_be_visible()
    person.check()
    form.get_by_role("button", name="Close", exact=True).last.click()
    expect(form).to_have_count(0)
    # Every account gets its statement, and they come as they are issued.
    expect(page.get_by_role("rowheader", name="Anton Fujita")).to_be_visible(timeout=30_000)
    person.check()


def test_the_app_speaks_another_language(begin: Begin) -> None:
    person = begin("phone", locale="de-DE")
    person.page.goto("/")
    person.page.get_by_role("region", name="Beratung").get_by_role("button").first.click()
    expect(person.page.get_by_role("heading", level=1, name="Heute")).to_be_visible()
    assert person.page.evaluate("document.documentElement.lang") == "de"


@pytest.mark.parametrize("size", SIZES)
def test_operations_take_a_dead_letter_in_once_it_can_be_read(begin: Begin, demo: Demo, size: str) -> None:
    person = begin(size)
    page = person.sign_in("Operations")
    with demo.unreadable("heroic_act.retold.v1") as mend:
        letters = person.part("Dead letters").get_by_role("listitem")
        wall = letters.filter(has_text="heroics_wall")
        tasks = person.part("Asked for").get_by_role("listitem")
        dialog = page.get_by_role("dialog")

        def ask(what: str) -> None:
            wall.get_by_role("button", name=what).click()
            expect(dialog.get_by_text("heroics_wall")).to_be_visible()
            person.check()
            if what == "Discard":
                dialog.get_by_role("button", name=what).last.click()
                expect(dialog.get_by_text("Fill in: Reason.")).to_be_visible()
                dialog.get_by_label("Reason").fill("Nobody can read it")
            dialog.get_by_role("button", name=what).last.click()
            expect(dialog).to_have_count(0)

        if size == "phone":
            ask("Discard")
            expect(tasks.first.get_by_text("Nobody can read it")).to_be_visible()
            expect(wall.get_by_text("left out")).to_be_visible(timeout=30_000)
        else:
            ask("Retry")
            expect(tasks.first.get_by_text("1 still wait")).to_be_visible(timeout=30_000)
        person.check()
        mend()
        ask("Retry")
        expect(tasks.first.get_by_text("1 taken in")).to_be_visible(timeout=30_000)
        expect(wall).to_have_count(0)
        person.check()
    for records in ("Audit", "Openings"):
        page.get_by_role("link", name=records).click()
        rows = page.get_by_role("region", name=records).get_by_role("row")
        expect(rows).to_have_count(51)
        page.get_by_role("button", name="More").click()
        expect(rows).to_have_count(101)
        person.check()


def test_projections_are_rebuilt_while_another_reads_from_them(begin: Begin) -> None:
    operator, reader = begin("desk"), begin("phone")
    page, main = operator.sign_in("Operations"), reader.sign_in("Associate").get_by_role("main")
    page.get_by_role("button", name="Rebuild all").click()
    page.get_by_role("dialog").get_by_role("button", name="Rebuild").last.click()
    task = operator.part("Asked for").get_by_role("listitem").first
    expect(task.get_by_role("progressbar")).to_have_attribute("value", re.compile("[1-9]"), timeout=60_000)
    reads = 0
    while task.get_by_text("running", exact=True).count():
        for screen in ("Book", "Today"):
            reader.open(screen)
            expect(main.get_by_role("link").first).to_be_visible()
        reads += 1
        operator.check()
    assert reads
    expect(task.get_by_text("done", exact=True)).to_be_visible()
    expect(page.get_by_role("row", name="clientele_book").get_by_role("cell").nth(3)).to_have_text("2")
    reader.check()

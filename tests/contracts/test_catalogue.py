"""The event catalogue has every event and field, and needs no network."""

import re
from html.parser import HTMLParser
from pathlib import Path

from toolchain.contracts.catalogue import catalogue
from toolchain.contracts.documents import current_contract
from toolchain.contracts.published import fields_of, published

CONTRACT = current_contract()
PAGE = (Path(__file__).parents[2] / "contracts/catalogue.html").read_text()
_EMPTY = {"meta"}


class Outline(HTMLParser):
    """The elements of a page, as far as they are closed in the order in which they were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.ids += [said["id"]] if "id" in said else []
        self.links += [said[name] for name in ("href", "src") if name in said]
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outline(page: str) -> Outline:
    found = Outline()
    found.feed(page)
    found.close()
    return found


def test_the_page_is_well_formed_and_every_link_leads_into_it() -> None:
    page = outline(PAGE)
    assert page.open == []
    assert sorted(page.ids) == sorted(CONTRACT.events)
    assert {link.removeprefix("#") for link in page.links} == set(page.ids)


def test_every_event_has_its_fields_its_example_and_who_emits_it() -> None:
    sections = {text.partition('"')[0]: text for text in PAGE.split('<section id="')[1:]}
    for topic, schema in CONTRACT.events.items():
        section = sections[topic]
        for fields in fields_of(schema).values():
            for name in fields:
                assert f"<code>{name}</code></th>" in section, (topic, name)
        assert section.count("<details>") == 2
        assert all(f"<code>{command}</code>" in section for command in schema["x-emitted-by"])
        since = (
            "Published in 1.0."
            if topic in published()["1.0"].events
            else f"unreleased: {topic} is a new event."
        )
        assert since in section


def test_what_changed_is_in_the_log_of_its_event() -> None:
    older = published()["1.0"]
    older.events["sale.recorded.v1"]["properties"].pop("sold_on")
    page = catalogue(CONTRACT, {"0.9": older, "1.0": published()["1.0"]})
    assert "1.0: sale.recorded.v1.sold_on is a new optional field." in page
    assert "Revision 2 says <code>SaleRecorded.sold_on</code>" in page


def test_texts_are_escaped() -> None:
    marked_up = current_contract()
    marked_up.events["store.opened.v1"]["description"] = "A <script> & `code`."
    page = catalogue(marked_up, {})
    assert "A &lt;script&gt; &amp; <code>code</code>." in page
    assert not re.search("<script", page)

"""A version is published once, and what it has first is known by it."""

import copy
import json
import shutil
from pathlib import Path

import pytest

from domain.topics import CLASS_OF_TOPIC, UPCASTERS
from toolchain.contracts import documents, examples
from toolchain.contracts.__main__ import main
from toolchain.contracts.compatibility import breaking
from toolchain.contracts.published import publish, published, versions, with_since
from toolchain.contracts.validity import invalid_documents

CURRENT = documents.current_contract()
SALE = "sale.recorded.v1"


def test_a_published_version_is_read_as_it_was_but_for_the_prose(tmp_path: Path) -> None:
    publish(CURRENT, "1.0", tmp_path)
    [(version, contract)] = published(tmp_path).items()
    assert version == "1.0"
    assert breaking(contract, CURRENT) == breaking(CURRENT, contract) == []
    assert "In ten-thousandths" not in (tmp_path / "1.0.json").read_text()
    line = contract.events[SALE]["$defs"]["SoldLine"]["properties"]
    assert "description" in line, "a field of that name is no prose"
    assert "description" not in line["net_minor"]


def test_versions_rise_and_none_is_published_twice(tmp_path: Path) -> None:
    for version in ("1.9", "1.10", "2.0"):
        publish(CURRENT, version, tmp_path)
    assert versions(tmp_path) == ["1.9", "1.10", "2.0"]
    for version in ("2.0", "1.11", "two"):
        with pytest.raises(ValueError, match=r"not later|invalid literal"):
            publish(CURRENT, version, tmp_path)


def test_a_field_is_since_the_version_that_has_it_first() -> None:
    older, schemas = copy.deepcopy(CURRENT), copy.deepcopy(CURRENT.events)
    older.events[SALE]["properties"].pop("sold_on")
    older.events[SALE]["$defs"]["Band"]["prefixItems"].pop()
    older.events.pop("store.opened.v1")
    schemas[SALE]["properties"]["till"] = {"type": "string"}
    since = with_since(schemas, {"1.0": older, "1.1": CURRENT}, "1.2")
    sale = since[SALE]["properties"]
    assert (sale["sale_id"]["x-since"], sale["sold_on"]["x-since"], sale["till"]["x-since"]) == (
        "1.0",
        "1.1",
        "1.2",
    )
    band = since[SALE]["$defs"]["Band"]["prefixItems"]
    assert [place["x-since"] for place in band] == ["1.0", "1.1"]
    assert since["store.opened.v1"]["x-since"] == "1.1"


def test_the_command_names_what_breaks_a_published_version(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare"]) == 0
    older = copy.deepcopy(CURRENT)
    older.events[SALE]["properties"]["till"] = {"type": "string"}
    monkeypatch.setattr(documents, "published", lambda: {"0.9": older})
    assert main(["compare"]) == 1
    assert main(["publish", "3.0"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == said[1]
    assert said[0].startswith(f"{SALE}.till is gone: consumers of {SALE} read it under its name")
    assert said[0].endswith("(Published in 0.9; see docs/events.md.)")


def test_a_topic_that_is_no_longer_written_stays_in_the_contract(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    frozen = shutil.copytree(examples.FROZEN, tmp_path / "frozen")
    shutil.copy(frozen / f"{SALE}.json", frozen / "sale.recorded.v2.json")
    monkeypatch.setattr(examples, "FROZEN", frozen)
    monkeypatch.setitem(CLASS_OF_TOPIC, "sale.recorded.v2", CLASS_OF_TOPIC[SALE])
    monkeypatch.delitem(CLASS_OF_TOPIC, SALE)
    assert documents.broken_promises(), "it is gone"
    monkeypatch.setitem(UPCASTERS, SALE, ("sale.recorded.v2", dict))
    assert documents.broken_promises() == []
    contract = documents.current_contract()
    assert contract.events[SALE]["x-stability"] == "retired"
    assert contract.events[SALE]["deprecated"]
    assert list(contract.asyncapi["channels"]["sale.recorded"]["messages"]) == [SALE, "sale.recorded.v2"]


def test_the_command_finds_what_is_not_valid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    documents.write(tmp_path)
    asyncapi = tmp_path / "schema.json"
    asyncapi.write_text(json.dumps({"properties": {"asyncapi": {"const": "3.0.0"}}}))
    assert not invalid_documents(tmp_path, asyncapi)
    (tmp_path / "asyncapi.json").write_text('{"asyncapi": "2.0.0"}')
    file = tmp_path / f"events/{SALE}.schema.json"
    schema = json.loads(file.read_text())
    schema["examples"][0].pop("net_minor")
    file.write_text(json.dumps(schema))
    found = invalid_documents(tmp_path, asyncapi)
    assert [line.partition(":")[0] for line in found] == ["asyncapi.json, at asyncapi", file.name]
    assert main(["validate", str(asyncapi)]) == 0
    assert capsys.readouterr().out == ""

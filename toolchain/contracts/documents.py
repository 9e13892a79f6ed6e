"""Write the contracts as files, and find committed ones that are stale."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from domain.topics import UPCASTERS
from infra.descriptions import flush_left
from toolchain.contracts.asyncapi import asyncapi_document
from toolchain.contracts.catalogue import catalogue
from toolchain.contracts.compatibility import breaking
from toolchain.contracts.contract import Contract
from toolchain.contracts.event_schemas import event_schemas
from toolchain.contracts.published import published, versions, with_since

FOLDER: Final = Path(__file__).parents[2] / "contracts"
#: Version of what is not published yet.
UNRELEASED: Final = "unreleased"


def current_contract(version: str | None = None) -> Contract:
    """The contract that the code has. `version`: the one that it is published as, now or last."""
    earlier = published()
    latest = versions()[-1] if earlier else UNRELEASED
    schemas = with_since({**_retired_schemas(), **event_schemas()}, earlier, version or UNRELEASED)
    document = {"asyncapi": asyncapi_document(version or latest), "events": dict(sorted(schemas.items()))}
    return Contract(**json.loads(json.dumps(document)))


def _retired_schemas() -> dict[str, dict[str, Any]]:
    """The schemas of topics that are no longer written, as they were: such events are still in the stream."""
    files = {topic: FOLDER / f"events/{topic}.schema.json" for topic in UPCASTERS}
    schemas = {topic: json.loads(file.read_text(encoding="utf-8")) for topic, file in files.items()}
    return {
        topic: {**schema, "deprecated": True, "x-stability": "retired"} for topic, schema in schemas.items()
    }


@cache
def documents() -> dict[str, str]:
    """Every document by its path below the folder of contracts."""
    contract = current_contract()
    texts = {f"events/{topic}.schema.json": _text_of(schema) for topic, schema in contract.events.items()}
    texts["asyncapi.json"] = _text_of(contract.asyncapi)
    texts["catalogue.html"] = catalogue(contract, published())
    return texts


def write(directory: Path) -> list[str]:
    """Write documents that are missing or stale; returns their paths."""
    (directory / "events").mkdir(parents=True, exist_ok=True)
    written: list[str] = []
    for path, text in documents().items():
        file = directory / path
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            written.append(path)
    return written


def stale_documents(directory: Path) -> list[str]:
    """Find stale contracts in a folder, a sentence each; none when they are fresh."""
    texts = documents()
    wrong: list[str] = []
    for path, text in texts.items():
        file = directory / path
        if not file.exists():
            wrong.append(f"{path} is missing")
        elif file.read_text(encoding="utf-8") != text:
            wrong.append(f"{path} says something else than the code")
    for file in sorted((directory / "events").glob("*")):
        if f"events/{file.name}" not in texts:
            wrong.append(f"events/{file.name} belongs to no topic")
    return wrong


def broken_promises() -> list[str]:
    """What the code breaks of the published versions of the contract, a sentence each."""
    current = current_contract()
    found = {
        sentence: version
        for version, contract in published().items()
        for sentence in breaking(contract, current)
    }
    return [
        f"{sentence} (Published in {version}; see docs/events.md.)" for sentence, version in found.items()
    ]


def _text_of(document: dict[str, Any]) -> str:
    return json.dumps(flush_left(document), indent=2, ensure_ascii=False) + "\n"

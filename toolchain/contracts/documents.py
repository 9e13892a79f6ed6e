"""Write the contracts as files, and find committed ones that are stale."""

import json
from pathlib import Path
from typing import Any

from domain.topics import UPCASTERS
from infra.descriptions import flush_left
from toolchain.contracts.asyncapi import asyncapi_document
from toolchain.contracts.event_schemas import event_schemas


def documents() -> dict[str, str]:
    """Every document by its path below the folder of contracts."""
    texts = {f"events/{topic}.schema.json": _text_of(schema) for topic, schema in event_schemas().items()}
    texts["asyncapi.json"] = _text_of(asyncapi_document())
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
    """Find stale contracts in a folder, a sentence each; none when they are fresh.

    Schemas of topics that are no longer written stay: such events are still in the stream.
    """
    texts = documents()
    wrong: list[str] = []
    for path, text in texts.items():
        file = directory / path
        if not file.exists():
            wrong.append(f"{path} is missing")
        elif file.read_text(encoding="utf-8") != text:
            wrong.append(f"{path} says something else than the code")
    kept = {f"{topic}.schema.json" for topic in UPCASTERS}
    for file in sorted((directory / "events").glob("*")):
        if f"events/{file.name}" not in texts and file.name not in kept:
            wrong.append(f"events/{file.name} belongs to no topic")
    return wrong


def _text_of(document: dict[str, Any]) -> str:
    return json.dumps(flush_left(document), indent=2, ensure_ascii=False) + "\n"

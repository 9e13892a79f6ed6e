"""The example payload of each event, for consumers' own tests, in both languages."""

import json
from pathlib import Path
from typing import Any


def read_examples(folder: Path) -> dict[str, Any]:
    """The example in the schema of each event, by type."""
    return {
        path.name.removesuffix(".schema.json"): json.loads(path.read_text())["examples"][0]
        for path in sorted(folder.glob("*.schema.json"))
    }


def golden_document(examples: dict[str, Any]) -> str:
    """The examples as a JSON document, a line each."""
    lines = [f"{json.dumps(name)}: {_compact(example)}" for name, example in examples.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def golden_module(examples: dict[str, Any]) -> str:
    """The examples as a module of TypeScript: the text of each payload."""
    lines = [f"  {json.dumps(name)}: {json.dumps(_compact(example))}," for name, example in examples.items()]
    return "\n".join(
        [
            "/** The example payload of each event. Made by `python -m toolchain.kits write`. */",
            "export const GOLDEN: Readonly<Record<string, string>> = {",
            *lines,
            "};",
            "",
        ]
    )


def _compact(example: Any) -> str:
    return json.dumps(example, ensure_ascii=False, separators=(",", ":"))

"""The published versions of the contract, frozen in contracts/published: one file each, never edited.

A file has what a consumer depends on; prose and examples are left out.
"""

import json
from pathlib import Path
from typing import Any, Final

from infra.descriptions import flush_left
from toolchain.contracts.contract import Contract

FOLDER: Final = Path(__file__).parents[2] / "contracts/published"
#: Prose and what is made from something else.
_NOT_FROZEN: Final = frozenset({"description", "examples", "x-emitted-by", "x-since", "x-revision"})


def versions(folder: Path = FOLDER) -> list[str]:
    """The published versions, the oldest first."""
    return sorted((file.stem for file in folder.glob("*.json")), key=_in_order)


def _in_order(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def published(folder: Path = FOLDER) -> dict[str, Contract]:
    """Every published version, the oldest first."""
    contracts: dict[str, Contract] = {}
    for version in versions(folder):
        document = json.loads((folder / f"{version}.json").read_text(encoding="utf-8"))
        contracts[version] = Contract(asyncapi=document["asyncapi"], events=document["events"])
    return contracts


def publish(contract: Contract, version: str, folder: Path = FOLDER) -> Path:
    """Freeze a contract as a version. Raises ValueError where the version is not a later one."""
    _in_order(version)
    earlier = versions(folder)
    if earlier and _in_order(version) <= _in_order(earlier[-1]):
        raise ValueError(f"{version} is not later than {earlier[-1]}, which is published")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{version}.json"
    document = {"asyncapi": contract.asyncapi, "events": contract.events}
    text = json.dumps(_frozen(flush_left(document)), indent=1, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8")
    return file


def _frozen(part: Any, *, names: bool = False) -> Any:
    """A part without what is not frozen. `names`: its keys are names that somebody gave, and all stay."""
    if isinstance(part, list):
        return [_frozen(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _frozen(value, names=not names and key in ("properties", "$defs", "schemas"))
        for key, value in part.items()
        if names or key not in _NOT_FROZEN
    }


def with_since(
    schemas: dict[str, dict[str, Any]], earlier: dict[str, Contract], version: str
) -> dict[str, dict[str, Any]]:
    """The schemas, in which each event and each field says in `x-since` which version had it first: one that
    is published already, else `version`.
    """
    for topic, schema in schemas.items():
        schema["x-since"] = next(
            (name for name, contract in earlier.items() if topic in contract.events), version
        )
        for struct, fields in fields_of(schema).items():
            for field, part in fields.items():
                part["x-since"] = next(
                    (
                        name
                        for name, contract in earlier.items()
                        if field in fields_of(contract.events.get(topic, {})).get(struct, {})
                    ),
                    version,
                )
    return schemas


def fields_of(schema: dict[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The fields of an event and of every struct inside, by the struct's title; an array's by position."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for part in (schema, *schema.get("$defs", {}).values()):
        fields = part.get("properties") or {each["title"]: each for each in part.get("prefixItems", [])}
        found[part.get("title", "")] = fields
    return found

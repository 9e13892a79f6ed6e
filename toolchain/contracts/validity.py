"""Whether the contracts are valid by the official schemas, and examples by the contracts' own."""

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs


def invalid_documents(folder: Path, asyncapi_schema: Path) -> list[str]:
    """What is not valid, a sentence each: AsyncAPI's own JSON Schema (draft 7) decides on asyncapi.json, the
    meta-schema of JSON Schema 2020-12 on the event schemas, and these on their examples.
    """
    return [
        *_invalid_asyncapi(folder / "asyncapi.json", asyncapi_schema),
        *_invalid_events(folder / "events"),
    ]


def _invalid_asyncapi(file: Path, schema: Path) -> Iterator[str]:
    validator = jsonschema_rs.Draft7Validator(json.loads(schema.read_text(encoding="utf-8")))
    for error in validator.iter_errors(json.loads(file.read_text(encoding="utf-8"))):
        where = "/".join(map(str, error.instance_path))
        yield f"{file.name}, at {where}: {error.message[:300]}"


def _invalid_events(folder: Path) -> Iterator[str]:
    for file in sorted(folder.glob("*.schema.json")):
        schema = json.loads(file.read_text(encoding="utf-8"))
        try:
            jsonschema_rs.meta.validate(schema)
            validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
            for example in schema["examples"]:
                validator.validate(example)
        except jsonschema_rs.ValidationError as error:
            yield f"{file.name}: {error.message[:300]}"

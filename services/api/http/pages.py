"""Pages for people: where to begin, and every route. Nothing is fetched from elsewhere."""

from collections.abc import Mapping
from html import escape
from itertools import groupby
from typing import Any, Final

STYLE: Final = """
:root { color-scheme: light dark; --faint: #8884; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0 } h2 { margin-top: 2.5rem; text-transform: capitalize }
code, pre { font: .9em/1.5 ui-monospace, monospace }
pre { overflow-x: auto; padding: .75rem; background: var(--faint); border-radius: .5rem }
details { border-top: 1px solid var(--faint); padding: .35rem 0 } summary { cursor: pointer }
summary span { opacity: .75; margin-left: .75rem } table { border-collapse: collapse }
td, th { text-align: left; vertical-align: top; padding: .15rem 1rem .15rem 0 }
dt { margin-top: .75rem } dd { margin-left: 0 }
"""
#: Nothing but this page's own style may be loaded, and nothing may run.
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def page(title: str, body: str) -> str:
    """A whole document."""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f'<title>{escape(title)}</title><link rel="icon" href="data:,"><style>{STYLE}</style>{body}</html>'
    )


def documentation_page(document: Mapping[str, Any]) -> str:
    """Every operation of an OpenAPI document, grouped as it is there."""
    operations = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    schemas: dict[str, Any] = document["components"]["schemas"]
    shared: dict[str, Any] = document["components"]["parameters"]
    parts: list[str] = []
    for group, members in groupby(operations, key=lambda member: (member[2]["tags"] or ["service"])[0]):
        parts.append(f"<h2>{escape(group)}</h2>")
        parts.extend(
            _operation(method, path, operation, schemas, shared) for method, path, operation in members
        )
    about = "".join(f"<p>{_with_code(text)}</p>" for text in document["info"]["description"].split("\n\n"))
    return page("clienteling: routes", f'<h1>Routes</h1><p><a href="/">Start</a></p>{about}{"".join(parts)}')


def _operation(
    method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any], shared: dict[str, Any]
) -> str:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    given = f"<pre>{escape(_shape(body, schemas))}</pre>" if body else ""
    parameters = [
        shared[parameter["$ref"].rpartition("/")[2]] if "$ref" in parameter else parameter
        for parameter in operation["parameters"]
    ]
    rows = "".join(
        f"<tr><td><code>{escape(parameter['name'])}</code><td>{parameter['in']}"
        f"<td>{escape(_shape(parameter['schema'], schemas))}<td>{escape(parameter.get('description', ''))}"
        for parameter in parameters
    )
    table = f"<table>{rows}</table>" if rows else ""
    return (
        f'<details id="{escape(operation["operationId"])}"><summary><code>{method} {escape(path)}</code>'
        f"<span>{escape(operation['summary'])}</span></summary>"
        f"<p>{_with_code(operation['description'])}</p>{table}{given}</details>"
    )


def _with_code(text: str) -> str:
    return "".join(
        f"<code>{escape(part)}</code>" if place % 2 else escape(part)
        for place, part in enumerate(text.split("`"))
    )


def _shape(schema: dict[str, Any], schemas: dict[str, Any], depth: int = 0) -> str:
    """A schema as people write one: what stands where, and which may be left out."""
    if "$ref" in schema:
        return _shape(schemas[schema["$ref"].rpartition("/")[2]], schemas, depth)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_shape(option, schemas, depth) for option in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    match schema.get("type"):
        case "object" if "properties" in schema:
            required = schema.get("required", ())
            indent = "  " * (depth + 1)
            lines = [
                f'{indent}"{name}"{"" if name in required else "?"}: {_shape(value, schemas, depth + 1)}'
                for name, value in schema["properties"].items()
            ]
            return "{\n" + ",\n".join(lines) + "\n" + "  " * depth + "}"
        case "object":
            return "{name: " + _shape(schema.get("additionalProperties") or {}, schemas, depth) + "}"
        case "array":
            return "[" + _shape(schema.get("items") or {}, schemas, depth) + ", …]"
        case kind:
            return _scalar(kind, schema)


def _scalar(kind: Any, schema: dict[str, Any]) -> str:
    bounds = [schema.get(name) for name in ("minimum", "maximum")]
    limits = f" {bounds[0] if bounds[0] is not None else ''}..{bounds[1] if bounds[1] is not None else ''}"
    what = schema.get("format") or kind or "any"
    return what + (limits if any(bound is not None for bound in bounds) else "")

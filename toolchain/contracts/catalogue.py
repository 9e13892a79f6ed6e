"""The event catalogue: a page for people, made from the contract. It stands alone: no script, no other
file.
"""

import json
from collections.abc import Iterator
from html import escape
from itertools import pairwise
from typing import Any, Final

from toolchain.contracts.compatibility import changes
from toolchain.contracts.contract import Contract
from toolchain.contracts.published import fields_of

_STYLE: Final = """\
:root { color-scheme: light dark; --line: #8884; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 76rem; padding: 1rem; }
nav { columns: 18rem; font-size: .9rem; }
nav ul { margin: 0 0 .8rem; padding: 0; list-style: none; break-inside: avoid; }
section { border-top: 1px solid var(--line); margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
caption { text-align: left; padding: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0;
  border-bottom: 1px solid var(--line); }
th[scope=row] { font-weight: normal; }
pre { overflow: auto; padding: .6rem; background: #8881; font-size: .85rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; }
dd { margin: 0; }"""
_COLUMNS: Final = ("field", "type", "meaning", "unit", "left out", "since")


def catalogue(contract: Contract, published: dict[str, Contract]) -> str:
    """The page in HTML."""
    logs = _change_logs(contract, published)
    return "".join(
        f"{line}\n"
        for line in (
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width">',
            "<title>clienteling: event catalogue</title>",
            f"<style>\n{_STYLE}\n</style>",
            "</head>",
            "<body>",
            "<h1>Event catalogue</h1>",
            f"<p>Contract version {escape(contract.asyncapi['info']['version'])}: {len(contract.events)} "
            "events. Written by <code>python -m toolchain.contracts write</code>. Headers: asyncapi.json; "
            "what may change, and when: docs/events.md.</p>",
            *_contents(contract),
            "<main>",
            *(
                line
                for topic, schema in contract.events.items()
                for line in _event(topic, schema, contract.asyncapi, logs.get(topic, []))
            ),
            "</main>",
            "</body>",
            "</html>",
        )
    )


def _contents(contract: Contract) -> Iterator[str]:
    yield '<nav aria-label="Events">'
    aggregates = dict.fromkeys(topic.partition(".")[0] for topic in contract.events)
    for aggregate in aggregates:
        yield f"<h2>{escape(aggregate)}</h2>"
        yield "<ul>"
        for topic, schema in contract.events.items():
            if topic.startswith(f"{aggregate}."):
                yield f'<li><a href="#{topic}">{escape(topic)}</a> {escape(schema["title"])}</li>'
        yield "</ul>"
    yield "</nav>"


def _event(topic: str, schema: dict[str, Any], asyncapi: dict[str, Any], log: list[str]) -> Iterator[str]:
    message = asyncapi["components"]["messages"][topic]
    [subject] = [each["address"] for each in asyncapi["channels"].values() if topic in each["messages"]]
    facts = {
        "subject": f"<code>{escape(subject)}</code>",
        "partition by": f"<code>{escape(message['x-partition-key'])}</code>",
        "emitted by": ", ".join(f"<code>{escape(name)}</code>" for name in schema["x-emitted-by"]),
        "stability": schema["x-stability"]
        + (f", until {schema['x-sunset']}" if "x-sunset" in schema else ""),
        "since": escape(schema["x-since"]),
    }
    yield f'<section id="{topic}">'
    yield f"<h2>{escape(schema['title'])} <code>{escape(topic)}</code></h2>"
    for paragraph in schema["description"].split("\n\n"):
        yield f"<p>{_prose(paragraph)}</p>"
    yield "<dl>"
    for name, fact in facts.items():
        yield f"<dt>{name}</dt><dd>{fact}</dd>"
    yield "</dl>"
    structs = [schema, *schema.get("$defs", {}).values()]
    for struct, (title, fields) in zip(structs, fields_of(schema).items(), strict=True):
        if "properties" in struct or "prefixItems" in struct:
            yield from _fields(struct, title, fields, is_event=struct is schema)
    yield "<details><summary>Example</summary>"
    example = json.dumps(schema["examples"][0], indent=2, ensure_ascii=False)
    yield f"<pre>{escape(example)}</pre></details>"
    yield "<details><summary>Change log</summary>"
    yield from ("<ul>", *(f"<li>{_prose(line)}</li>" for line in log), "</ul>")
    yield "</details>"
    yield "</section>"


def _fields(
    struct: dict[str, Any], title: str, fields: dict[str, dict[str, Any]], *, is_event: bool
) -> Iterator[str]:
    positional = " An array: the fields stand in this order." if "prefixItems" in struct else ""
    about = "" if is_event else f": {_prose(struct.get('description', ''))}{positional}"
    yield f"<table><caption><code>{escape(title)}</code>{about}</caption>"
    yield (
        "<thead><tr>" + "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS) + "</tr></thead><tbody>"
    )
    required = set(struct.get("required", ())) | set(list(fields)[: struct.get("minItems", 0)])
    for name, part in fields.items():
        cells = (
            escape(_type_of(part)),
            _prose(part.get("description", "")),
            escape(part.get("x-unit", "")),
            ""
            if name in required
            else _prose(part.get("x-absent") or f"`{json.dumps(part.get('default'))}`"),
            escape(part["x-since"]) + (f", revision {part['x-revision']}" if "x-revision" in part else ""),
        )
        row = "".join(f"<td>{cell}</td>" for cell in cells)
        yield f'<tr><th scope="row"><code>{escape(name)}</code></th>{row}</tr>'
    yield "</tbody></table>"


def _type_of(part: dict[str, Any]) -> str:
    """`integer`, `SoldLine[]`, `a | b`: a type in a few characters; null is said by what is left out."""
    if "$ref" in part:
        return part["$ref"].rpartition("/")[2]
    if "anyOf" in part:
        kinds = (_type_of(each) for each in part["anyOf"] if each.get("type") != "null")
        return " | ".join(kinds)
    if "enum" in part:
        return " | ".join(str(value) for value in part["enum"] if value is not None)
    if part.get("type") == "array":
        return f"{_type_of(part.get('items', {}))}[]"
    if part.get("type") == "object":
        return f"map of {_type_of(part.get('additionalProperties', {}))}"
    encrypted = ", encrypted" if part.get("x-encrypted") else ""
    return f"{part.get('format', part.get('type', 'anything'))}{encrypted}"


def _prose(text: str) -> str:
    """Text with `code` marked as such."""
    pieces = escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if place % 2 else piece for place, piece in enumerate(pieces))


def _change_logs(contract: Contract, published: dict[str, Contract]) -> dict[str, list[str]]:
    """What happened to each event: when it was published, what changed with each version, and which optional
    fields it had learned before (revisions).
    """
    logs: dict[str, list[str]] = {}
    for topic, schema in contract.events.items():
        log = logs.setdefault(topic, [f"Published in {schema['x-since']}."])
        log += _revisions(schema)
    history = [*published.items(), ("unreleased", contract)]
    for (_, before), (version, after) in pairwise(history):
        for change in changes(before, after):
            if change.subject in logs:
                logs[change.subject].append(f"{version}: {change.sentence}")
    return logs


def _revisions(schema: dict[str, Any]) -> Iterator[str]:
    added: dict[int, list[str]] = {}
    for struct, fields in fields_of(schema).items():
        for name, part in fields.items():
            if "x-revision" in part:
                added.setdefault(part["x-revision"], []).append(f"`{struct}.{name}`")
    for revision in sorted(added):
        yield f"Revision {revision} says {', '.join(added[revision])} too; older events lack it."

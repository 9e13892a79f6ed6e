"""How two JSON Schemas of the same thing differ, and what each difference does to whoever reads it."""

from collections.abc import Iterator
from typing import Any, Final

#: How another value of a keyword is said.
_MEANINGS: Final = {
    "const": "has another fixed value",
    "format": "has another format",
    "pattern": "has another pattern",
    "minimum": "has another least value",
    "maximum": "has another greatest value",
    "minLength": "has another least length",
    "maxLength": "has another greatest length",
    "default": "means something else when it is left out",
    "x-absent": "means something else when it is left out",
    "x-unit": "has another unit",
    "x-encrypted": "is encrypted in one version and not in the other",
}
#: Keywords that change nothing for a consumer.
_APART: Final = frozenset(
    {"title", "description", "examples", "deprecated", "$schema", "$id", "$defs", "components"}
    | {"x-since", "x-revision", "x-emitted-by", "x-stability", "x-sunset"}
)
#: Keywords that have rules of their own; any other one is compared as it is.
_RULED: Final = frozenset(
    {
        "$ref",
        "type",
        "anyOf",
        "enum",
        "properties",
        "required",
        "items",
        "prefixItems",
        "additionalProperties",
    }
)


#: Path, what changed, and what it does to whom; None: it breaks nobody.
Difference = tuple[str, str, str | None]


class Schemas:
    """Two schemas, compared from their roots along references."""

    def __init__(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        self._before, self._after = before, after
        self._compared: set[tuple[str, str]] = set()

    def differences(self) -> Iterator[Difference]:
        yield from self._parts("", self._before, self._after)

    def _parts(self, path: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Difference]:
        references = before.get("$ref", ""), after.get("$ref", "")
        if any(references):
            yield from _keywords(path, before, after)
            if all(references) and references in self._compared:
                return
            self._compared.add(references)
            before, after = _followed(self._before, before), _followed(self._after, after)
        if before.get("anyOf") or after.get("anyOf"):
            yield from self._unions(path, before, after)
            return
        if before.get("type") != after.get("type"):
            text = f"was {_named(before)} and is {_named(after)}"
            yield path, text, "cannot read one of the two"
            return
        yield from _keywords(path, before, after)
        yield from _values(path, before, after)
        yield from self._properties(path, before, after)
        yield from self._positions(path, before, after)
        for keyword, step in (("items", "[]"), ("additionalProperties", "{}")):
            inner_before, inner_after = before.get(keyword), after.get(keyword)
            if isinstance(inner_before, dict) and isinstance(inner_after, dict):
                yield from self._parts(f"{path}{step}", inner_before, inner_after)
            elif inner_before != inner_after:
                yield path, f"allows other {keyword}", "refuse what is written now"

    def _unions(self, path: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Difference]:
        """Alternatives, told apart by their types; null is one of them."""
        yield from _keywords(path, before, after)
        kinds_before, kinds_after = (
            {_named(_followed(root, kind)): kind for kind in part.get("anyOf", [part])}
            for root, part in ((self._before, before), (self._after, after))
        )
        for kind in kinds_before:
            if kind not in kinds_after:
                yield (
                    path,
                    f"is never {kind} any more",
                    "do not find what they tell apart, nor read old events",
                )
            else:
                one, other = ({**each, "anyOf": None} for each in (kinds_before[kind], kinds_after[kind]))
                if "anyOf" in before and "anyOf" in after:
                    yield from self._parts(path, one, other)
        for kind in kinds_after:
            if kind not in kinds_before:
                yield path, f"may be {kind} now", "do not expect it"

    def _properties(self, path: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Difference]:
        had, has = before.get("properties", {}), after.get("properties", {})
        required_before, required_after = set(before.get("required", ())), set(after.get("required", ()))
        added = [name for name in has if name not in had]
        for name, part in had.items():
            at = f"{path}.{name}"
            if name in has:
                yield from self._parts(at, part, has[name])
                yield from _presence(at, name in required_before, name in required_after)
                continue
            like = next((new for new in added if _alike(part, has[new])), None)
            text = "is gone" if like is None else f"is called `{like}` now"
            yield at, text, "read it under its name and find nothing"
        for name in added:
            if name in required_after:
                yield f"{path}.{name}", "is a new required field", "refuse the events stored without it"
            else:
                yield f"{path}.{name}", "is a new optional field", None

    def _positions(self, path: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Difference]:
        """An array that is a struct: its positions have names, and only their order tells them apart."""
        had, has = before.get("prefixItems", []), after.get("prefixItems", [])
        for place, part in enumerate(had):
            at = f"{path}[{place}]"
            if place >= len(has):
                yield at, f"(`{part.get('title')}`) is gone", "read it at its place and find nothing"
            elif part.get("title") != has[place].get("title"):
                text = f"was `{part.get('title')}` and is `{has[place].get('title')}`"
                yield at, text, "take one for the other, and nothing tells them"
            else:
                yield from self._parts(at, part, has[place])
        least = before.get("minItems", 0), after.get("minItems", 0)
        if had and least[1] > least[0]:
            yield (
                path,
                f"must have {least[1]} items and not {least[0]}",
                "refuse the events stored with fewer",
            )
        elif had and least[1] < least[0]:
            yield path, f"may have {least[1]} items and not {least[0]}", "read behind its end"
        for place in range(len(had), len(has)):
            yield f"{path}[{place}]", f"(`{has[place].get('title')}`) is a new place at the end", None


def _followed(root: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """What a part refers to, else the part itself."""
    if not (reference := part.get("$ref")):
        return part
    target: Any = root
    for name in reference.removeprefix("#/").split("/"):
        target = target[name]
    return target


def _named(part: dict[str, Any]) -> str:
    kind = part.get("type")
    if kind is None:
        return "a fixed value" if "const" in part or "enum" in part else "anything"
    return {"array": "an array", "integer": "an integer", "object": "an object"}.get(kind, f"a {kind}")


def _keywords(path: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Difference]:
    """Keywords without a rule of their own. Of an array with named places, `minItems` has one."""
    ruled = _RULED | _APART | ({"minItems"} if "prefixItems" in before else set[str]())
    for keyword in dict.fromkeys((*before, *after)):
        if keyword not in ruled and before.get(keyword) != after.get(keyword):
            text = _MEANINGS.get(keyword, f"has another `{keyword}`")
            values = f"{before.get(keyword)!r} became {after.get(keyword)!r}"
            yield path, f"{text} ({values})", "take the new for the old"


def _values(path: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Difference]:
    had, has = before.get("enum"), after.get("enum")
    if had is None or has is None:
        if had != has:
            yield path, "is one of a list in one version and anything in the other", "do not know the values"
        return
    for value in had:
        if value not in has:
            yield path, f"is never {value!r} any more", "wait for it, and cannot read it in old events"
    for value in has:
        if value not in had:
            yield path, f"may be {value!r}, too", "do not expect it" if value is None else None


def _presence(path: str, before: bool, after: bool) -> Iterator[Difference]:
    if before and not after:
        yield path, "may be left out now", "rely on it"
    if after and not before:
        yield path, "must be there now", "refuse the events stored without it"


def _alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two fields are the same but for their names and what is said of them."""
    apart = _APART | {"x-absent", "x-unit"}
    return {key: value for key, value in one.items() if key not in apart} == {
        key: value for key, value in other.items() if key not in apart
    }

"""What a setting may be: how its text is read, which values are allowed, and how a wrong one is answered.

`infra.settings` declares one field per variable with the functions here; each returns the field's default to
the type checker and keeps the rule (unit, bounds, meaning) in the field's metadata, so that the table in code
is also the documentation.
"""

import base64
import binascii
import dataclasses
import difflib
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PREFIX = "CLIENTELING_"
RULE = "rule"


class SettingsError(ValueError):
    """One or more settings are wrong; `problems` has a sentence for each, naming the variable and what is allowed."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class NotAllowed(ValueError):
    """The text or value is outside what the rule allows; the rule's `allowed` says what would be right."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One variable: how it is documented, read from text and checked as a value."""

    unit: str
    allowed: str
    meaning: str
    default: str
    secret: bool
    read: Callable[[str], Any]
    check: Callable[[Any], None]


def variable_of(field_name: str) -> str:
    """The environment variable of a field: `api_port` is `CLIENTELING_API_PORT`."""
    return PREFIX + field_name.upper()


def problem(field_name: str, rule: Rule, value: object) -> str:
    """The sentence for a wrong value; a secret is never repeated."""
    shown = "set to something unreadable" if rule.secret else f"set to {str(value)!r}"
    return f"{variable_of(field_name)} is {shown}; allowed is {rule.allowed}"


def holds(rule: Rule, value: Any) -> bool:
    """Whether the rule allows the value."""
    try:
        rule.check(value)
    except NotAllowed:
        return False
    return True


def unknown(variable: str, names: Iterable[str]) -> str:
    """The sentence for a variable that is none of the settings, with the one that was probably meant."""
    near = difflib.get_close_matches(variable, names, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else "docs/settings.md lists those that are"
    return f"{variable} is not a setting; {hint}"


def whole_number(default: int, *, unit: str, least: int, most: int, meaning: str) -> int:
    """An integer from `least` to `most`, both allowed."""

    def check(value: int) -> None:
        if not least <= value <= most:
            raise NotAllowed

    allowed = f"a whole number from {least:,} to {most:,}".replace(",", "_")
    return _field(default, unit=unit, allowed=allowed, meaning=meaning, read=int, check=check)


def seconds(default: float, *, least: float, most: float, meaning: str) -> float:
    """A duration in seconds, fractions allowed, from `least` to `most`."""

    def check(value: float) -> None:
        if not (math.isfinite(value) and least <= value <= most):
            raise NotAllowed

    allowed = f"a number from {least:g} to {most:g}"
    return _field(default, unit="seconds", allowed=allowed, meaning=meaning, read=float, check=check)


def one_of(default: str, *, choices: tuple[str, ...], meaning: str) -> str:
    """One word out of `choices`."""

    def check(value: str) -> None:
        if value not in choices:
            raise NotAllowed

    return _field(default, unit="", allowed=_either(choices), meaning=meaning, read=str.lower, check=check)


def one_of_numbers(default: int, *, unit: str, choices: tuple[int, ...], meaning: str) -> int:
    """One integer out of `choices`."""

    def check(value: int) -> None:
        if value not in choices:
            raise NotAllowed

    allowed = _either(tuple(str(choice) for choice in choices))
    return _field(default, unit=unit, allowed=allowed, meaning=meaning, read=int, check=check)


def loopback(default: str, *, meaning: str) -> str:
    """A loopback address or `localhost`."""

    def check(value: str) -> None:
        if value not in ("127.0.0.1", "::1", "localhost"):
            raise NotAllowed

    return _field(
        default, unit="", allowed="127.0.0.1, ::1 or localhost", meaning=meaning, read=str.lower, check=check
    )


def server_url(*, schemes: tuple[str, ...], default_text: str, meaning: str) -> str | None:
    """The address of a server, or None for an embedded one. Secret, because it may hold a password."""

    def check(value: str | None) -> None:
        # nats-py takes several servers separated by commas, so each one is looked at.
        for part in (value or "").split(",") if value is not None else ():
            if urlsplit(part.strip()).scheme not in schemes:
                raise NotAllowed

    allowed = "an address that begins with " + _either(tuple(f"{scheme}://" for scheme in schemes))
    return _field(
        None,
        unit="",
        allowed=allowed,
        meaning=meaning,
        read=str,
        check=check,
        default_text=default_text,
        secret=True,
    )


def folder(default: Callable[[], Path], *, default_text: str, meaning: str) -> Path:
    """A directory; it is made when missing, so only something else standing in its place is wrong."""

    def read(text: str) -> Path:
        return Path(text).expanduser().absolute()

    def check(value: Path) -> None:
        if not value.is_absolute() or (value.exists() and not value.is_dir()):
            raise NotAllowed

    rule = Rule(
        unit="",
        allowed="the path of a directory, which is made when missing",
        meaning=meaning,
        default=default_text,
        secret=False,
        read=read,
        check=check,
    )
    return dataclasses.field(default_factory=default, metadata={RULE: rule})


def key_of_32_bytes(*, default_text: str, meaning: str) -> bytes | None:
    """A key of 32 bytes, given as base64 (either alphabet). Never shown."""

    def read(text: str) -> bytes:
        try:
            return base64.b64decode(text.strip().replace("-", "+").replace("_", "/"), validate=True)
        except binascii.Error as error:
            raise NotAllowed from error

    def check(value: bytes | None) -> None:
        if value is not None and len(value) != 32:
            raise NotAllowed

    return _field(
        None,
        unit="",
        allowed="32 bytes in base64 (44 characters)",
        meaning=meaning,
        read=read,
        check=check,
        default_text=default_text,
        secret=True,
    )


def _field(
    default: Any,
    *,
    unit: str,
    allowed: str,
    meaning: str,
    read: Callable[[str], Any],
    check: Callable[[Any], None],
    default_text: str | None = None,
    secret: bool = False,
) -> Any:
    # A named function and not dataclasses.field at every setting: only so does the type checker see the default's type.
    rule = Rule(
        unit=unit,
        allowed=allowed,
        meaning=meaning,
        default=f"`{default:g}`"
        if isinstance(default, float)
        else (default_text if default is None and default_text is not None else f"`{default}`"),
        secret=secret,
        read=read,
        check=check,
    )
    return dataclasses.field(default=default, repr=not secret, metadata={RULE: rule})


def _either(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]

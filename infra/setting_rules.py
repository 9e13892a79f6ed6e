"""What a setting may be: how its text is read, which values are allowed, and how a wrong one is answered.

`infra.settings` declares one annotated field per variable; msgspec reads and checks the values, and the
sentences for people are made of the same annotations.
"""

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

PREFIX = "CLIENTELING_"


class SettingsError(ValueError):
    """One or more settings are wrong; `problems` has a sentence for each, naming the variable and what is
    allowed.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def between(least: float, most: float, unit: str = "seconds") -> Meta:
    """A number from `least` to `most`, both allowed."""
    return Meta(ge=least, le=most, extra={"unit": unit})


def server_url(*schemes: str, default: str) -> Meta:
    """The address of a server, or several separated by commas. Secret, because it may hold a password."""
    one = rf"\s*({'|'.join(schemes)})://[^,]*"
    allowed = "an address that begins with " + _either([f"{scheme}://" for scheme in schemes])
    return Meta(pattern=f"^{one}(,{one})*$", extra={"allowed": allowed, "default": default, "secret": True})


def key_of_32_bytes(*, default: str) -> Meta:
    """A key of 32 bytes, given as base64 (either alphabet). Never shown."""
    allowed = "32 bytes in base64 (44 characters)"
    return Meta(min_length=32, max_length=32, extra={"allowed": allowed, "default": default, "secret": True})


def issuer_url() -> Meta:
    """The address of an OpenID provider: https, or http on this machine."""
    allowed = "an address that begins with https://, or with http:// on this machine"
    pattern = r"^(https://[^/\s]|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/|$))\S*$"
    return Meta(pattern=pattern, extra={"allowed": allowed, "default": "tokens of `clienteling token`"})


def region() -> Meta:
    """A country or region, by two letters."""
    return Meta(pattern=r"^[A-Z]{2}$", extra={"allowed": "two letters of ISO 3166, such as US"})


#: Scheme, name and port as browsers write them: http is safe on this machine alone.
_ORIGIN = r"(https://[a-z0-9.-]+|http://(localhost|127\.0\.0\.1|\[::1\]))(:\d{1,5})?"
_ORIGIN_ALLOWED = "https://name or https://name:port, or the same with http:// on this machine"


def origin(*, default: str) -> Meta:
    """An origin (RFC 6454), as browsers write it: scheme, name and port, with nothing behind it."""
    return Meta(pattern=f"^{_ORIGIN}$", extra={"allowed": _ORIGIN_ALLOWED, "default": default})


def origins() -> Meta:
    """Exact origins, separated by commas; no pattern stands for several."""
    allowed = f"{_ORIGIN_ALLOWED}; several are separated by commas"
    return Meta(
        pattern=rf"^\s*{_ORIGIN}(\s*,\s*{_ORIGIN})*\s*$", extra={"allowed": allowed, "default": "none"}
    )


def scopes() -> Meta:
    """What a client asks a provider for: `openid`, and more."""
    return Meta(pattern=r"^openid( \S+)*$", extra={"allowed": "`openid`, and further scopes behind spaces"})


def secret(*, default: str) -> Meta:
    """A text that is never shown."""
    return Meta(min_length=1, extra={"allowed": "a text", "default": default, "secret": True})


def word(*, default: str | None = None) -> Meta:
    """A text without spaces, such as the name of a claim."""
    allowed = "a text of 1 to 200 characters without spaces"
    return Meta(pattern=r"^\S{1,200}$", extra={"allowed": allowed, "default": default})


def uri_reference() -> Meta:
    """A URI reference of characters that need no encoding, such as `/clienteling` or `https://shop.example`."""
    allowed = "a URI reference of 1 to 200 letters, digits and . : / _ -"
    return Meta(pattern=r"^[0-9A-Za-z_.:/-]{1,200}$", extra={"allowed": allowed})


def address() -> Meta:
    """An IP address of this machine, or `localhost`."""
    return Meta(
        pattern=r"^(localhost|[0-9.]{7,15}|[0-9a-fA-F:.]{2,45})$",
        extra={"allowed": "an address of this machine"},
    )


def listed(what: str) -> Meta:
    """Names or addresses, separated by commas."""
    return Meta(
        pattern=r"^\s*[^\s,]+(\s*,\s*[^\s,]+)*\s*$",
        extra={"allowed": f"{what}, or several separated by commas", "default": "none"},
    )


def folder(*, default: str) -> Meta:
    """A directory; it is made when missing, so only something else standing in its place is wrong."""
    allowed = "the path of a directory, which is made when missing"
    return Meta(extra={"allowed": allowed, "default": default})


def existing(kind: str, *, default: str) -> Meta:
    """A file, or a folder of them, that has to be there."""
    return Meta(
        extra={"allowed": f"the path of {kind} that is there", "default": default, "must_exist": True}
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One variable: the type that reads and checks it, and how it is documented."""

    type: Any
    nullable: bool
    unit: str
    allowed: str
    default: str
    secret: bool
    must_exist: bool

    def read(self, text: str) -> Any:
        """The value of a text. Raises ValueError."""
        kind = _bare(self.type)
        if kind is Path:
            return Path(text).expanduser().absolute()
        if kind is bytes:
            text = text.strip().replace("-", "+").replace("_", "/")
        if get_origin(kind) is Literal:
            text = text.lower()
        if kind is int:
            text = text.strip().replace("_", "")  # as they are written in the sentences below
        return msgspec.convert(text, self.type, strict=False)

    def check(self, value: Any) -> None:
        """Raises ValueError when the value is not allowed."""
        if isinstance(value, Path) and self.must_exist:
            if not value.is_absolute() or not value.exists():
                raise ValueError
        elif isinstance(value, Path):
            if not value.is_absolute() or (value.exists() and not value.is_dir()):
                raise ValueError
        elif not (value is None and self.nullable):
            msgspec.convert(value, self.type)


def rules_of(settings: type[Any]) -> dict[str, Rule]:
    """The rule of every field of a dataclass of settings."""
    hints = get_type_hints(settings, include_extras=True)
    return {field.name: _rule(hints[field.name], field.default) for field in dataclasses.fields(settings)}


def variable_of(field_name: str) -> str:
    """The environment variable of a field: `api_port` is `CLIENTELING_API_PORT`."""
    return PREFIX + field_name.upper()


def problem(field_name: str, rule: Rule, value: object) -> str:
    """The sentence for a wrong value; a secret is never repeated."""
    shown = "set to something unreadable" if rule.secret else f"set to {str(value)!r}"
    return f"{variable_of(field_name)} is {shown}; allowed is {rule.allowed}"


def text_of(variable: str, file: str) -> str:
    """The value of a secret setting that stands in a file. Raises SettingsError, which does not repeat it."""
    try:
        return Path(file).expanduser().read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsError([f"{variable}: the file {file!r} cannot be read: {why}"]) from None


def unknown(variable: str, names: Iterable[str]) -> str:
    """The sentence for a variable that is none of the settings, with the one that was probably meant."""
    near = difflib.get_close_matches(variable, names, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else "docs/settings.md lists those that are"
    return f"{variable} is not a setting; {hint}"


def _rule(annotation: Any, default: Any) -> Rule:
    nullable = get_origin(annotation) in (Union, UnionType)
    if nullable:
        annotation = next(one for one in get_args(annotation) if one is not NoneType)
    meta = annotation.__metadata__[0] if get_origin(annotation) is Annotated else Meta()
    about = meta.extra or {}
    return Rule(
        type=annotation,
        nullable=nullable,
        unit=about.get("unit", ""),
        allowed=about.get("allowed") or _allowed(_bare(annotation), meta),
        default=about.get("default") or (f"`{default:g}`" if isinstance(default, float) else f"`{default}`"),
        secret=about.get("secret", False),
        must_exist=about.get("must_exist", False),
    )


def _allowed(kind: Any, meta: Meta) -> str:
    if get_origin(kind) is Literal:
        return _either([str(choice) for choice in get_args(kind)])
    if kind is int:
        return f"a whole number from {meta.ge:,} to {meta.le:,}".replace(",", "_")
    return f"a number from {meta.ge:g} to {meta.le:g}"


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def with_files(
    given: Mapping[str, str], names: Mapping[str, str], rules: Mapping[str, Rule]
) -> dict[str, str]:
    """The variables, with what stands in the files of secrets in place of the files' paths.

    Raises SettingsError where a variable is set in both ways.
    """
    values: dict[str, str] = {}
    for variable, text in given.items():
        target = variable.removesuffix("_FILE")
        if target == variable or not (target in names and rules[names[target]].secret):
            values[variable] = text
        elif target in given:
            raise SettingsError([f"{target} and {variable} are both set; one of them is to go"])
        else:
            values[target] = text_of(variable, text)
    return values


def problems_of(settings: object, rules: Mapping[str, Rule]) -> list[str]:
    """A sentence for each setting that its rule does not allow."""
    problems: list[str] = []
    for name, rule in rules.items():
        try:
            rule.check(getattr(settings, name))
        except ValueError:
            problems.append(problem(name, rule, getattr(settings, name)))
    return problems

"""Problem details (RFC 9457): the form of every error, which never repeats a value."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from domain.messages import NotFound, Refused
from infra.event_store.states import HistoryUnreadable
from infra.repeated_keys import repeated_key

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:clienteling:problem:"
RETRY_SECONDS = 1
#: Somebody has to do something first.
UNREADABLE_RETRY_SECONDS = 60

#: What a status means, for people. Codes are for programs; they are described in problem_codes.toml.
TITLES: dict[int, str] = {
    400: "The request cannot be read",
    401: "The request does not say who makes it",
    403: "This may not be done",
    404: "There is no such thing",
    405: "The address does not know this method",
    408: "The request was not sent in time",
    409: "The request meets another state than it expects",
    413: "The body is too large",
    415: "The body is of another kind than is read here",
    421: "The request was meant for another host",
    422: "The request breaks a rule",
    429: "Too many requests",
    431: "The head of the request is too large",
    500: "Something went wrong here",
    503: "Not able to answer just now",
}


class FieldProblem(msgspec.Struct, frozen=True):
    """What is wrong with one field: its path (`lines[0].sku`), a parameter or a header, or empty."""

    field: str
    message: str


class ProblemDocument(msgspec.Struct, frozen=True, kw_only=True):
    """An error (RFC 9457). `code` is stable for programs; `instance` names this occurrence."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: tuple[FieldProblem, ...] = ()


class Problem(Exception):
    """Raised by a route to answer with a problem document. Nothing in it may repeat what a person typed."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors) if field is None else (FieldProblem(field, detail),)
        self.headers = dict(headers or {})

    def __reduce__(self) -> tuple[Any, ...]:
        return _problem, (self.status, self.code, self.detail, self.errors, self.headers)

    def document(self, instance: str) -> ProblemDocument:
        """The document of this problem."""
        return ProblemDocument(
            type=TYPE_PREFIX + self.code,
            title=TITLES[self.status],
            status=self.status,
            detail=self.detail,
            instance=instance,
            code=self.code,
            errors=self.errors,
        )


def _problem(
    status: int, code: str, detail: str, errors: Sequence[FieldProblem], headers: Mapping[str, str]
) -> Problem:
    """A problem as it was raised in another process."""
    return Problem(status, code, detail, errors=errors, headers=headers)


def not_found(what: str, code: str = "not_found") -> Problem:
    """404 for something that has no history or that the reader may not see; both read the same."""
    return Problem(404, code, f"There is no such {what}.")


def unavailable(code: str, detail: str, *, retry_seconds: int = RETRY_SECONDS) -> Problem:
    """503: the same request may work later."""
    return Problem(503, code, detail, headers={"Retry-After": str(retry_seconds)})


def problem_of_refusal(refusal: Refused) -> Problem:
    """A rule of the domain that the command breaks: 422, or 404 for what it names and is not there.

    503 where no rule is broken: the history that would tell cannot be read.
    """
    if isinstance(refusal, HistoryUnreadable):
        return unavailable(refusal.code, refusal.message, retry_seconds=UNREADABLE_RETRY_SECONDS)
    status = 404 if isinstance(refusal, NotFound) else 422
    return Problem(status, refusal.code, refusal.message, field=refusal.field)


# --- msgspec's errors by field, without the value -------------------------------------------------

_PATH = re.compile(r" - at `(key in )?\$(?P<path>[^`]*)`$")
_MISSING = re.compile(r"^Object missing required field `(?P<name>\w+)`$")
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<name>.*)`$", re.DOTALL)
_VALUE = re.compile(r"^Invalid (?P<what>enum value|value) ", re.DOTALL)
_FIELD_NAME = re.compile(r"^[a-z][a-z0-9_]{0,39}$")


def problem_of_invalid(error: msgspec.ValidationError, shape: Any = None) -> Problem:
    """What a decoded document has wrong: 422 with the field's path. `shape` is the type it was decoded to.

    The library's sentence is kept where it only tells what was expected; where it repeats what was given, the
    allowed values are named instead.
    """
    text = str(error)
    path = ""
    if (found := _PATH.search(text)) is not None:
        text, path = text[: found.start()], found["path"].lstrip(".").replace("[...]", "[*]")
    if (missing := _MISSING.match(text)) is not None:
        path, text = _joined(path, missing["name"]), "This field is missing."
    elif (unknown := _UNKNOWN.match(text)) is not None:
        known = _FIELD_NAME.match(unknown["name"]) is not None
        path, text = _joined(path, unknown["name"] if known else "?"), "This field is not known here."
    elif _VALUE.match(text) is not None:
        allowed = _allowed_values(shape, path)
        text = "This value is not allowed" + (f"; allowed are {', '.join(allowed)}." if allowed else ".")
    elif not text.endswith("."):
        text += "."
    return Problem(422, "invalid", _sentence(path, text), errors=[FieldProblem(path, text)])


def problem_of_malformed(error: Exception) -> Problem:
    """A body that is no JSON: 400. The library names the byte, never the content; other sentences are not
    kept.
    """
    said = f": {error}" if isinstance(error, msgspec.DecodeError) else ""
    return Problem(400, "malformed_json", f"The body is not valid JSON{said}.")


def require_single_keys(body: bytes) -> None:
    """Raises a 422 problem, with its path, when a key comes twice in the JSON of a body."""
    if (path := repeated_key(body)) is not None:
        known = all(_FIELD_NAME.match(step) for step in re.split(r"(?:\[\d+\])*(?:\.|$)", path) if step)
        text = "This key comes twice."
        field = path if known else "?"
        raise Problem(422, "invalid", _sentence(field, text), errors=[FieldProblem(field, text)])


def _sentence(path: str, text: str) -> str:
    return f"{path}: {text}" if path else text


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _allowed_values(shape: Any, path: str) -> list[str]:
    """The words a literal field takes, found by walking the type along the path; none when it is not that
    simple.
    """
    kind = msgspec.inspect.type_info(shape) if shape is not None else None
    for step in re.findall(r"\w+|\[[^\]]*\]", path):
        kind = _step(kind, step)
    options = kind.types if isinstance(kind, msgspec.inspect.UnionType) else (kind,)
    return [
        str(value)
        for option in options
        if isinstance(option, msgspec.inspect.LiteralType)
        for value in option.values
    ]


def _step(kind: Any, step: str) -> Any:
    if isinstance(kind, msgspec.inspect.Metadata):
        kind = kind.type
    if isinstance(kind, msgspec.inspect.UnionType):
        kind = next(
            (option for option in kind.types if not isinstance(option, msgspec.inspect.NoneType)), None
        )
    if isinstance(kind, msgspec.inspect.StructType) and not step.startswith("["):
        return next((field.type for field in kind.fields if field.encode_name == step), None)
    if isinstance(kind, msgspec.inspect.VarTupleType | msgspec.inspect.ListType) and step.startswith("["):
        return kind.item_type
    if isinstance(kind, msgspec.inspect.DictType):
        return kind.value_type
    return None

"""Parameters of an address: read by the same strict decoder as bodies, dates and instants included.

A date is `2026-03-01`. An instant is ISO 8601 with its offset (`2026-03-01T09:30:00Z`); without one it is
refused. `as_of` takes either; a date means the end of that day in UTC, so that all of the day counts.
"""

from datetime import UTC, date, datetime, tzinfo
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar import Request

from projections.as_of import end_of_day, is_day
from services.api.http.problems import FieldProblem, Problem, problem_of_invalid

AnyRequest = Request[Any, Any, Any]

PARAMETERS_MAX = 50
#: What history and forecasts are asked for; calendars reckon safely in between.
YEAR_MIN, YEAR_MAX = 1900, 2200
POSITION_MAX = 2**62

Position = Annotated[int, msgspec.Meta(ge=0, le=POSITION_MAX, description="A position in the log.")]
Limit = Annotated[int, msgspec.Meta(ge=1, le=1_000, description="Most rows of the page.")]
Offset = Annotated[int, msgspec.Meta(ge=0, le=10_000_000, description="Rows to pass over.")]
Include = Annotated[
    Literal["names"],
    msgspec.Meta(description="`names`: also who and what the answer names by id, and the currencies."),
]
AsOfParameter = Annotated[
    str,
    msgspec.Meta(
        max_length=40,
        description="A date (the end of that day in UTC) or an instant with its offset.",
        examples=["2026-03-01", "2026-03-01T09:30:00Z"],
        extra_json_schema={"anyOf": [{"format": "date"}, {"format": "date-time"}]},
    ),
]
AsOfPosition = Annotated[
    int,
    msgspec.Meta(
        ge=0,
        le=POSITION_MAX,
        description="Only what stands in the log up to this position: what was known then.",
    ),
]
AsOfRecorded = Annotated[
    str,
    msgspec.Meta(
        max_length=40,
        description=(
            "Only what was recorded by this date (the end of that day in UTC) or instant: what was known "
            "then. Not together with as_of_position."
        ),
        examples=["2026-03-01T09:30:00Z"],
        extra_json_schema={"anyOf": [{"format": "date"}, {"format": "date-time"}]},
    ),
]


class Parameters(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The parameters behind the question mark; an unknown one is an error and not a silent wish."""


class Reading(Parameters, kw_only=True):
    """What every read of a projection takes.

    `at_least`: wait until the answer contains the log up to this position, which a command answered with.
    `include=names`: beside the answer, who and what it names by id (services/api/http/naming.py).
    """

    at_least: Position | None = None
    include: Include | None = None


class AsOfReading(Reading, kw_only=True):
    """A read as of the past; of the present when all are left out."""

    as_of: AsOfParameter | None = None
    as_of_position: AsOfPosition | None = None
    as_of_recorded: AsOfRecorded | None = None


AnyParameters = TypeVar("AnyParameters", bound=Parameters)


def read_parameters(query_string: bytes, shape: type[AnyParameters]) -> AnyParameters:
    """The parameters of one request. Raises a 422 problem that names the parameter."""
    given = pairs_of(query_string)
    values = dict(given)
    if unfit := sorted(name for name, value in given if "\0" in value and name in shape.__struct_fields__):
        # No text that PostgreSQL keeps has one.
        raise Problem(422, "invalid", "This has a character that no text has.", field=unfit[0])
    if len(values) != len(given):
        names = [name for name, _ in given]
        twice = sorted({name for name in names if names.count(name) > 1} & set(shape.__struct_fields__))
        errors = [FieldProblem(name, "This parameter is given more than once.") for name in twice]
        raise Problem(422, "invalid", "A parameter is given more than once.", errors=errors)
    try:
        # A word that the lax decoder takes for nothing would silently be the default.
        if any(value in ("null", "Null", "NULL") for value in values.values()):
            return msgspec.convert(values, shape, strict=True)
        return msgspec.convert(values, shape, strict=False)
    except msgspec.ValidationError as error:
        raise problem_of_invalid(error, shape) from error


def pairs_of(query_string: bytes) -> list[tuple[str, str]]:
    """Names and values of the parameters, as they were given. Raises a 400 problem."""
    try:
        return parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(query_string),
            errors="strict",
            max_num_fields=PARAMETERS_MAX,
        )
    except ValueError:
        # The parser's own sentence repeats what was given.
        raise Problem(400, "malformed_query", "The part of the address behind ? cannot be read.") from None


def last_moment(as_of: str, field: str = "as_of", zone: tzinfo = UTC) -> datetime:
    """The instant that `as_of` stands for, in UTC: the last moment of a day in a time zone, or the instant
    itself.

    Raises a 422 problem.
    """
    try:
        if is_day(as_of):
            moment = end_of_day(msgspec.convert(as_of, date), zone)
        else:
            # In an address a plus sign reads as a space, so an offset of +02:00 arrives like this.
            moment = instant(as_of.replace(" ", "+"), field)
    except (msgspec.ValidationError, OverflowError):
        raise _wrong_date(field) from None
    return in_calendar(moment, field)


def in_calendar(moment: datetime, field: str) -> datetime:
    """The same moment. Raises a 422 problem for a year that nobody means."""
    if not YEAR_MIN <= moment.year <= YEAR_MAX:
        raise Problem(422, "invalid", f"This is not a year from {YEAR_MIN} to {YEAR_MAX}.", field=field)
    return moment


def instant(text: str, field: str) -> datetime:
    """An instant in UTC. Raises a 422 problem when it is none, or has no offset."""
    try:
        given = msgspec.convert(text, datetime)
        if given.tzinfo is None:
            raise Problem(
                422, "time_zone_missing", "An instant needs an offset, such as Z for UTC.", field=field
            )
        return given.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError):
        raise _wrong_date(field) from None


def _wrong_date(field: str) -> Problem:
    detail = "This is neither a date like 2026-03-01 nor an instant like 2026-03-01T09:30:00Z."
    return Problem(422, "invalid", detail, field=field)

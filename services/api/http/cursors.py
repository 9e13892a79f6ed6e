"""Cursors of lists that change while they are read.

A cursor names the customer that the page before ended with, and when the list began: the position and the
instant that its order is of. Whatever happens meanwhile, the next page goes on behind that customer in that
very order, so nobody is lost and nobody comes twice.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from hashlib import blake2b
from typing import Annotated, TypeVar

import msgspec

from services.api.http.problems import Problem

CursorText = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=300,
        description="`next` of the page before: the page behind it, in the order that the first page had.",
    ),
]


Place = TypeVar("Place")


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """Behind whom to go on in a list that began then. `of` says which list it is of."""

    of: str
    position: int
    instant: datetime
    after: str


def name_of_list(*what: object) -> str:
    """What tells a list from others: the parameters it was asked for with, digested."""
    return blake2b(repr(what).encode(), digest_size=8).hexdigest()


def cursor_text(cursor: Cursor) -> str:
    """The cursor as a caller gets it."""
    return urlsafe_b64encode(msgspec.json.encode(cursor)).rstrip(b"=").decode()


def read_cursor(text: str, of: str) -> Cursor:
    """The cursor that a caller gave back. Raises a 422 problem for what is none, or is of another list."""
    try:
        given = msgspec.json.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Cursor)
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        raise _unfit("This is not the `next` of a page.") from None
    if given.of != of or given.instant.tzinfo is None or "\0" in given.after:
        raise _unfit("This is the `next` of another list: give the same parameters as for its first page.")
    return given


def read_place(text: str, of: str, kind: type[Place]) -> Place:
    """The place in a list that a cursor goes on behind, where that is no customer but of this kind. Raises
    as `read_cursor` does.
    """
    try:
        return msgspec.json.decode(read_cursor(text, of).after, type=kind)
    except msgspec.MsgspecError:
        raise _unfit("This is not the `next` of a page.") from None


def place_text(of: str, position: int, instant: datetime, place: object) -> str:
    """The cursor of a list that goes on behind a place, as a caller gets it."""
    return cursor_text(Cursor(of, position, instant, msgspec.json.encode(place).decode()))


def _unfit(detail: str) -> Problem:
    return Problem(422, "cursor_unfit", detail, field="cursor")

"""Who takes over which customer of an associate who leaves."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

#: What history says: to somebody who was named, or by rule.
NAMED: Final = "leaver"
BY_RULE: Final = "leaver_smallest_book"


class LeftBehind(NamedTuple):
    """A record whose primary owner leaves. Several records may be one person's; they stay in one hand."""

    record: str
    person: str


def in_turn(records: Sequence[LeftBehind], successors: Sequence[str]) -> dict[str, str]:
    """Who takes which person: the records in their order (the dearest first), the successors one after the
    other.
    """
    persons = dict.fromkeys(one.person for one in records)
    return {person: successors[place % len(successors)] for place, person in enumerate(persons)}


def to_the_smallest_book(records: Sequence[LeftBehind], sizes: Mapping[str, int]) -> dict[str, str]:
    """Who takes which person: each goes to whoever has the smallest book by then, of two alike the first by
    identifier.
    """
    books = dict(sizes)
    dealt: dict[str, str] = {}
    for person in dict.fromkeys(one.person for one in records):
        dealt[person] = min(sorted(books), key=lambda associate: books[associate])
        books[dealt[person]] += 1
    return dealt


def nearest(
    leaver: str, department: str | None, in_store: Sequence[tuple[str, str | None]], in_house: Sequence[str]
) -> list[str]:
    """The nearest who can take over where nobody was named: of the leaver's department, else of their store
    (`in_store` has everybody's department), else of the house. Nobody where nobody else works.
    """
    in_department = [one for one, theirs in in_store if theirs == department]
    circles = (in_department, [one for one, _ in in_store], in_house)
    others = ([one for one in circle if one != leaver] for circle in circles)
    return next(filter(None, others), [])

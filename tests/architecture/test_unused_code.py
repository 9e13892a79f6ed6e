"""Production code that nothing uses is found, and so is an allowance that nothing needs any more."""

from pathlib import Path

from tests.architecture.planting import ROOT, plant
from toolchain.unused_code import ALLOWED, complaints, unused

ROOM = """
import msgspec

MAX = 1


class Row(msgspec.Struct):
    served_as_json: int = 0

    @property
    def total(self) -> int:
        return 0


def used() -> Row:
    return Row()


def lonely() -> None: ...


@app.command
def typed() -> None: ...


print(used())
"""


def test_nothing_is_unused_but_what_is_allowed() -> None:
    assert list(complaints(unused(ROOT), ALLOWED)) == []


def test_a_planted_function_property_and_constant_are_found(tmp_path: Path) -> None:
    """A field that is served as JSON, and a command of the command line, are not."""
    plant(tmp_path, "domain/planted.py", ROOM)
    names = {"MAX", "total", "lonely"}
    assert unused(tmp_path, ["domain"]) == {f"domain/planted.py: {name}" for name in names}


def test_a_use_in_another_room_is_a_use_and_one_in_a_test_is_none(tmp_path: Path) -> None:
    plant(tmp_path, "domain/planted.py", "def one() -> None: ...\n\n\ndef two() -> None: ...\n")
    plant(tmp_path, "infra/planted.py", "from domain import planted\n\nplanted.one()\n")
    plant(tmp_path, "tests/test_planted.py", "from domain import planted\n\nplanted.two()\n")
    assert unused(tmp_path, ["domain", "infra"]) == {"domain/planted.py: two"}


def test_an_allowance_that_nothing_needs_is_found() -> None:
    said = list(complaints({"a.py: gone"}, {"b.py: used": "a reason"}))
    assert [line.partition(" is ")[0] for line in said] == ["a.py: gone", "b.py: used"]

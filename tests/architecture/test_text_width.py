"""Prose and names of tests are short enough to be read; what is too long is found."""

from collections.abc import Iterator

from tests.architecture.planting import ROOT
from tests.architecture.text_width import COLUMNS_MAX, TEST_NAME_MAX, long_lines, long_test_names
from tests.architecture.tracked import tracked_files

#: Texts that are not within their bounds yet. The list only shrinks. Python's lines are ruff's (E501).
WIDE_PROSE = ("CHANGELOG.md",)


def texts(suffixes: tuple[str, ...], under: str, without: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for path in tracked_files():
        if path.endswith(suffixes) and path.startswith(under) and not path.startswith(without):
            yield path, (ROOT / path).read_text(encoding="utf-8")


def test_prose_is_within_its_columns() -> None:
    assert long_lines(texts((".md", ".sql"), "", WIDE_PROSE)) == []


def test_names_of_tests_are_within_their_length() -> None:
    assert long_test_names(texts((".py",), "tests/", ())) == []


def test_a_line_that_is_too_wide_is_found() -> None:
    wide = "x" * (COLUMNS_MAX + 1)
    shown = [("a.md", f"fine\n{wide}\n"), ("b.sql", f"{wide}\n"), ("c.md", f"```\n{wide}\n```\n| {wide} |\n")]
    assert long_lines(shown) == ["a.md:2", "b.sql:1"]


def test_a_name_that_is_too_long_is_found() -> None:
    name = "test_" + "x" * TEST_NAME_MAX
    shown = f"class Tests:\n    async def {name}(self) -> None: ...\n\ndef test_fine() -> None: ...\n"
    assert long_test_names([("tests/test_a.py", shown)]) == [f"tests/test_a.py: {name}"]

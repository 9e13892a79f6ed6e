"""Docstrings below fields are read with those of the bases."""

from dataclasses import dataclass

import msgspec

from infra.descriptions import field_docstrings


class Garment(msgspec.Struct):
    """A garment."""

    label: str
    """Maker
    of it."""
    size: str | None = None


@dataclass
class Coat:
    """A coat."""

    length: int
    """Length, in centimetres."""

    def worn(self) -> None:
        """No docstring of a field."""


class Scarf(Garment):
    """A scarf."""

    size: str | None = None
    """Length of it."""


def test_docstrings_below_fields_are_read_on_one_line() -> None:
    assert field_docstrings(Garment) == {"label": "Maker of it."}
    assert field_docstrings(Coat) == {"length": "Length, in centimetres."}


def test_a_class_has_the_docstrings_of_its_bases_and_its_own_before_them() -> None:
    assert field_docstrings(Scarf) == {"label": "Maker of it.", "size": "Length of it."}


def test_a_class_without_python_source_has_none() -> None:
    assert field_docstrings(int) == {}

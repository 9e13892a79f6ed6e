"""Openings: who read whose personal data, recorded before they see it."""

from infra.openings.openings import (
    Opening,
    OpeningsQuestion,
    RecordedOpening,
    insert_of,
    opening_of,
    openings_found,
    prepare_openings,
)
from infra.openings.writer import OpeningWriter

__all__ = [
    "Opening",
    "OpeningWriter",
    "OpeningsQuestion",
    "RecordedOpening",
    "insert_of",
    "opening_of",
    "openings_found",
    "prepare_openings",
]

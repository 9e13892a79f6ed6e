"""Decision records have numbers of their own, and say them in their titles."""

import re

from tests.architecture.planting import ROOT
from tests.architecture.tracked import tracked_files

RECORD = re.compile(r"docs/adr/(\d{4})-[a-z0-9-]+\.md")


def faults(records: list[tuple[str, str]]) -> list[str]:
    """Numbers that two records have, and records whose titles say another number than their names."""
    numbers = [path.removeprefix("docs/adr/")[:4] for path, _ in records]
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    astray = [path for (path, text), number in zip(records, numbers, strict=True) if number not in text[:8]]
    return twice + astray


def test_each_decision_record_has_a_number_of_its_own() -> None:
    records = [(path, (ROOT / path).read_text("utf-8")) for path in tracked_files() if RECORD.fullmatch(path)]
    assert len(records) > 20
    assert faults([record for record in records if not record[0].startswith("docs/adr/0000-")]) == []


def test_a_number_that_two_records_have_is_found() -> None:
    records = [("docs/adr/0001-a.md", "# 0001 · A"), ("docs/adr/0001-b.md", "# 0002 · B")]
    assert faults(records) == ["0001", "docs/adr/0001-b.md"]

"""The committed contracts are those of the code, and one that is not is found."""

from pathlib import Path

from toolchain.contracts.__main__ import main
from toolchain.contracts.documents import documents, stale_documents, write

COMMITTED = Path(__file__).parents[2] / "contracts"


def test_the_committed_contracts_are_fresh() -> None:
    assert stale_documents(COMMITTED) == [], "make them anew: python -m toolchain.contracts write"


def test_what_is_written_is_fresh_and_is_not_written_twice(tmp_path: Path) -> None:
    assert set(write(tmp_path)) == set(documents())
    assert stale_documents(tmp_path) == []
    assert write(tmp_path) == []


def test_a_document_that_is_missing_changed_or_left_over_is_found(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "events/sale.recorded.v1.schema.json").unlink()
    (tmp_path / "asyncapi.json").write_text("{}")
    (tmp_path / "events/sale.dreamt.v1.schema.json").write_text("{}")
    assert stale_documents(tmp_path) == [
        "events/sale.recorded.v1.schema.json is missing",
        "asyncapi.json says something else than the code",
        "events/sale.dreamt.v1.schema.json belongs to no topic",
    ]
    assert set(write(tmp_path)) == {"events/sale.recorded.v1.schema.json", "asyncapi.json"}


def test_the_command_writes_and_checks(tmp_path: Path) -> None:
    assert main(["check", str(tmp_path)]) == 1
    assert main(["write", str(tmp_path)]) == 0
    assert main(["check", str(tmp_path)]) == 0
    assert main([]) == 2

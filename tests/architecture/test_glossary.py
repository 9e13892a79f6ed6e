"""The glossary names every word of the vocabulary and the module where it lives, and is true."""

from pathlib import Path

import pytest

from tests.architecture.planting import ROOT, plant
from tests.architecture.vocabulary import (
    entries_of,
    entries_that_are_not_true,
    words_without_an_entry,
)

GLOSSARY = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")


def test_every_word_of_the_vocabulary_has_an_entry() -> None:
    assert words_without_an_entry(GLOSSARY) == []


def test_every_entry_names_a_module_that_holds_its_word() -> None:
    assert entries_that_are_not_true(ROOT, GLOSSARY) == []


def test_no_word_has_two_entries() -> None:
    terms = [entry.term for entry in entries_of(GLOSSARY)]
    assert sorted(terms) == sorted(set(terms))


def test_a_word_that_is_left_out_is_found() -> None:
    assert words_without_an_entry(GLOSSARY.replace("**crypto-shredding**", "**shredding**")) == [
        "crypto-shredding"
    ]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("- **epoch**: An identity. `infra/gone.py`", "epoch: there is no infra/gone.py"),
        ("- **epoch**: An identity. `infra/here.py`", "epoch does not occur in infra/here.py"),
        ("- **lag**: A delay. `infra/here.py`", "lag does not occur in infra/here.py"),
        ("- **epoch**: An identity.", "epoch has no module"),
    ],
)
def test_an_entry_that_is_not_true_is_found(tmp_path: Path, line: str, wrong: str) -> None:
    plant(tmp_path, "infra/here.py", '"""The flag of a read\nset and dead_letters, a CommandResult."""\n')
    assert entries_that_are_not_true(tmp_path, f"## Publishing\n\n{line}\n") == [wrong]


@pytest.mark.parametrize("term", ["read set", "dead letter", "command result", "flag"])
def test_a_word_is_found_in_prose_and_in_names(tmp_path: Path, term: str) -> None:
    plant(tmp_path, "infra/here.py", '"""The flag of a read\nset and dead_letters, a CommandResult."""\n')
    glossary = f"## A\n\n- **{term}**: A word whose sentence\n  goes on. `infra/here.py`\n"
    assert entries_that_are_not_true(tmp_path, glossary) == []

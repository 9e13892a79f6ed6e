"""What is committed names no registry and no path of the machine on which it was written."""

from collections.abc import Iterator

import pytest

from tests.architecture.planting import ROOT
from tests.architecture.tracked import forbidden_text, tracked_files

HOST = "pypi" + ".org"
FOLDER = "/" + "work/main"


def committed_texts() -> Iterator[tuple[str, str]]:
    for path in tracked_files():
        content = (ROOT / path).read_bytes()
        if b"\0" not in content:
            yield path, content.decode("utf-8")


def test_no_committed_text_names_a_registry_or_a_machines_path() -> None:
    assert forbidden_text(committed_texts()) == []


@pytest.mark.parametrize(
    "line",
    [
        f"https://{HOST}/simple",
        f"index-url = {HOST}",
        f"cd {FOLDER}",
        f'DATA = "{FOLDER}/data"',
        f"({FOLDER})",
    ],
)
def test_a_planted_address_or_path_is_found(line: str) -> None:
    assert len(forbidden_text([("planted.txt", f"fine\n{line}\n")])) == 1


@pytest.mark.parametrize(
    "line", ["../shared/data", "a rework/loop", "src/home/page.html", "$HOME/.cache", "/v1/sales"]
)
def test_what_only_looks_like_one_is_left_alone(line: str) -> None:
    assert forbidden_text([("planted.txt", line)]) == []

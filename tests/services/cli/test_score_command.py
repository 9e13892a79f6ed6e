"""`clienteling score evaluate` as it is typed."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from services.cli.command_line import run as run_line
from tests.services.analysis.score.files import written

CSV = "customer,date,amount\na,2020-01-01,5\na,2020-03-01,5\nb,2020-02-01,9\nc,2020-02-02,1\na,2020-05-01,3\n"


def run(*words: str) -> int:
    return run_line(["score", *words])


def test_json_is_one_document_with_an_object_per_model(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = written(tmp_path, CSV)
    assert run("evaluate", "--format", "csv", str(path), "--cut", "2020-03-31", "--json") == 0
    found = msgspec.json.decode(capfdbinary.readouterr().out)
    for model in ("score", "bgnbd", "rfm", "rate"):
        assert set(found[model]) == {"auc", "spearman", "top20_capture"}
    assert (found["customers"], found["came_back"], found["cut"]) == (3, 1, "2020-03-31")


def test_what_cannot_be_read_is_said_and_the_exit_code_is_1(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, CSV + "d,tomorrow,1\n")
    assert run("evaluate", "--format", "csv", str(path), "--cut", "2020-03-31", "--json") == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert "line 7: 'tomorrow' is not a time" in err


def test_an_error_is_one_sentence_also_where_a_setting_is_wrong(tmp_path: Path) -> None:
    command = (str(Path(sys.executable).with_name("clienteling")), "score", "evaluate", "--format", "csv")
    path = written(tmp_path, CSV + "d,tomorrow,1\n")
    for setting in ({}, {"CLIENTELING_LOG_LEVEL": "loud"}):
        told = subprocess.run(
            (*command, str(path), "--cut", "2020-03-31"),
            env={**os.environ, **setting}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (told.returncode, told.stdout) == (1, "")
        assert "line 7: 'tomorrow' is not a time" in told.stderr
        assert "Traceback" not in told.stderr


def test_a_cut_that_is_no_date_is_wrong_usage(tmp_path: Path) -> None:
    assert run("evaluate", "--format", "csv", str(written(tmp_path, CSV)), "--cut", "soon") == 2


def test_columns_are_named_on_the_command_line(tmp_path: Path) -> None:
    path = written(tmp_path, CSV.replace("customer,date,amount", "who,when,paid"))
    named = ("--customer", "who", "--date", "when", "--amount", "paid")
    assert run("evaluate", "--format", "csv", str(path), "--cut", "2020-03-31", *named, "--json") == 0
    assert run("evaluate", "--format", "csv", str(path), "--cut", "2020-03-31") == 1

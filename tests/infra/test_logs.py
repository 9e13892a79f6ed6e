"""Log lines are structured, go to standard error, and show no local variable."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog

from infra.logs import set_up_logs
from infra.settings import Settings


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def lines_of(settings: Settings) -> io.StringIO:
    out = io.StringIO()
    set_up_logs(settings, out)
    return out


def test_a_line_in_json_has_its_sentence_fields_level_and_time() -> None:
    out = lines_of(Settings(log_format="json"))
    structlog.get_logger("relay").info("Relayed a batch", events=500)
    line = json.loads(out.getvalue())
    assert (line["event"], line["events"], line["level"], line["logger"]) == (
        "Relayed a batch",
        500,
        "info",
        "relay",
    )
    assert line["timestamp"].endswith("Z")


def test_lines_of_libraries_take_the_same_form() -> None:
    out = lines_of(Settings(log_format="json"))
    logging.getLogger("psycopg.pool").warning("discarding %s", "connection")
    assert json.loads(out.getvalue())["event"] == "discarding connection"


def test_what_pools_say_of_every_use_is_not_written() -> None:
    out = lines_of(Settings())
    logging.getLogger("psycopg.pool").info("connection given by %s", "pool")
    assert out.getvalue() == ""


def test_what_is_less_severe_than_the_level_is_not_written() -> None:
    out = lines_of(Settings(log_level="warning"))
    structlog.get_logger("relay").info("Relayed a batch")
    assert out.getvalue() == ""


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_shows_no_local_variable(form: Literal["json", "console"]) -> None:
    out = lines_of(Settings(log_format=form))

    def fails() -> None:
        name = "Mrs. " + "Haversham"
        raise RuntimeError(f"{len(name)} letters")

    try:
        fails()
    except RuntimeError:
        structlog.get_logger("api").exception("Could not answer")
    assert "14 letters" in out.getvalue()
    assert "Mrs. Haversham" not in out.getvalue()


def test_setting_up_again_does_not_double_the_lines() -> None:
    out = lines_of(Settings())
    set_up_logs(Settings(), out)
    structlog.get_logger("relay").info("Once")
    assert out.getvalue().count("Once") == 1

"""No command of the domain is left out of the tests that show the domain page over HTTP."""

from pathlib import Path

from domain.decide import COMMANDS


def test_every_command_is_shown_by_one_of_them() -> None:
    here = Path(__file__).parent
    sent = "".join(
        file.read_text()
        for pattern in ("test_domain_page_[!i]*.py", "test_score_parameters.py", "sending.py")
        for file in sorted(here.glob(pattern))
    )
    assert [name for name in COMMANDS if f'"{name}"' not in sent and f"/{name}" not in sent] == []

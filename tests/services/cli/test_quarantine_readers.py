"""Readers of the log that respect the quarantine and report what they left out: explain, what-if."""

import pytest

from infra.settings import Settings
from tests.services.cli.calling import Call, said
from tests.services.cli.test_ledger_command import ANNA, the_late_return
from tests.services.unreadable_events import append_unreadable

pytestmark = pytest.mark.timeout(240)


@pytest.mark.parametrize("command", [("ledger", "explain", "E-1", "P2"), ("ledger", "what-if")])
def test_pay_is_read_without_an_event_in_quarantine_and_says_so(
    settings: Settings, call: Call, command: tuple[str, ...]
) -> None:
    said(settings, the_late_return())
    assert call("projections", "rebuild", "commission_ledger", "associate_directory").code == 0
    account = f"acc_{ANNA[4:]}"
    position = append_unreadable(settings, account, "commission_account.earned.v1")
    if command[1] == "what-if":
        position = append_unreadable(settings, ANNA, "associate.pay_plan_changed.v1")
    refused = call(*command)
    assert (refused.code, f"dead-letters discard log {position}" in refused.said) == (1, True)

    assert call("dead-letters", "discard", "log", position, "--json").code == 0
    found = call(*command, "--json")
    assert (found.code, found.document["left_out"]) == (0, [position])
    shown = call(*command)
    assert (shown.code, f"1 event left out: position {position}" in shown.said) == (0, True)

"""`clienteling nats configure`."""

from pathlib import Path

import pytest

from infra.nats import NatsRole
from tests.services.cli.calling import Call

pytestmark = pytest.mark.timeout(240)


def test_a_folder_for_a_server_of_ones_own_gets_keys_and_accounts(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "bus"
    called = call("nats", "configure", "--consumer", "billing", "--to", folder, "--json")
    assert called.code == 0
    assert called.document == {
        "folder": str(folder),
        "roles": [role.value for role in NatsRole],
        "consumers": ["billing"],
        "stores": [],
    }
    assert {file.stem for file in folder.glob("*.nk")} == {*NatsRole, "billing"}
    assert "billing" in (folder / "accounts.conf").read_text()
    refused = call("nats", "configure", "--consumer", "a.b", "--to", folder)
    assert (refused.code, "cannot be the name of a consumer" in refused.said) == (2, True)

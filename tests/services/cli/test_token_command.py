"""`clienteling token`."""

from pathlib import Path

import pytest

from infra.clock import SYSTEM_CLOCK
from infra.settings import Settings
from services.api.auth.sign_in import keys_of
from services.api.auth.tokens import TokenVerifier
from services.cli.command_line import run

ASSOCIATE = "ass_" + "2" * 32


async def test_a_token_names_what_was_asked_for_and_stands_alone_on_standard_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLIENTELING_DATA_DIR", str(tmp_path))
    given = ["--role", "associate", "--associate", ASSOCIATE, "--store", "a", "--store", "b", "--hours", "1"]
    assert run(["token", *given]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    settings = Settings(data_dir=tmp_path)
    verifier = TokenVerifier(settings, keys_of(settings), SYSTEM_CLOCK)
    principal = await verifier.principal_of(line.encode())
    assert (principal.role, principal.associate_id) == ("associate", ASSOCIATE)
    assert principal.stores == {"a", "b"}


def test_no_token_is_signed_where_a_provider_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLIENTELING_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CLIENTELING_OIDC_ISSUER", "https://id.example")
    assert run(["token", "--role", "manager"]) == 2
    assert "CLIENTELING_OIDC_ISSUER" in capsys.readouterr().err


@pytest.mark.parametrize("bad", [["--role", "king"], ["--role", "ops", "--hours", "0"], []])
def test_a_wrong_role_or_time_is_wrong_usage(bad: list[str]) -> None:
    assert run(["token", *bad]) == 2

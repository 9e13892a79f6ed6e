"""`clienteling vault rotate`: another master key, and everything is still read."""

import psycopg

from infra.settings import Settings
from infra.vault.master_key import key_file_of
from tests.services.cli.calling import NAME, Call, small_shop


def test_another_master_key_reads_every_name(call: Call, settings: Settings) -> None:
    small_shop(settings)
    former = key_file_of(settings).read_bytes()
    rotated = call("vault", "rotate", "--json")
    assert (rotated.code, rotated.document) == (0, {"keys": 2})
    assert key_file_of(settings).read_bytes() != former
    assert NAME in call("events", "show", "--open", "--limit", 100, "--json").out


def test_while_anybody_is_at_work_it_is_refused(call: Call, settings: Settings) -> None:
    small_shop(settings)
    former = key_file_of(settings).read_bytes()
    with psycopg.connect(str(settings.database_url)):
        refused = call("vault", "rotate")
    assert refused.code == 1
    assert "stop every service first" in refused.said
    assert key_file_of(settings).read_bytes() == former

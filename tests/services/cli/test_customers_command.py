"""`clienteling customers`: forgetting a person, and once more after keys came back with a restored backup."""

import psycopg
import pytest

from domain.heroic_act.commands import ReportHeroicAct, VerifyHeroicAct
from infra.settings import Settings
from tests.services.cli.calling import NAME, NOTE, Call, hire, said, small_shop


def open_history(call: Call) -> str:
    return call("events", "show", "--open", "--limit", 100, "--json").out


@pytest.fixture
def clara(settings: Settings) -> str:
    return small_shop(settings)[1]


def test_forgetting_takes_the_name_out_of_history_and_the_key_out_of_the_files(
    call: Call, clara: str
) -> None:
    assert NAME in open_history(call)
    forgotten = call("customers", "forget", clara, "--requested-by", "letter 17", "--json")
    assert (forgotten.code, forgotten.document["events"]) == (0, ["customer.forgotten.v1"])
    assert forgotten.document["traces_erased"] is True
    assert NAME not in open_history(call)
    assert NOTE not in open_history(call)


def test_forgetting_twice_says_so_and_forgetting_nobody_is_refused(call: Call, clara: str) -> None:
    assert call("customers", "forget", clara).code == 0
    again = call("customers", "forget", clara)
    assert (again.code, again.out.strip()) == (0, "They had been forgotten before.")
    document = call("customers", "forget", clara, "--json").document
    assert (document["replayed"], document["events"], document["traces_erased"]) == (True, [], True)
    nobody = call("customers", "forget", "cus_" + "0" * 32)
    assert nobody.code == 1
    assert "There is no customer" in nobody.said


def test_keys_that_came_back_with_a_backup_are_destroyed_again(
    call: Call, clara: str, settings: Settings
) -> None:
    with psycopg.connect(str(settings.database_url), autocommit=True) as connection:
        connection.execute("CREATE TABLE backup AS TABLE vault.keys")
        call("customers", "forget", clara)
        connection.execute("ALTER TABLE vault.keys DISABLE TRIGGER keep_destroyed; DELETE FROM vault.keys")
        connection.execute("INSERT INTO vault.keys SELECT * FROM backup")
        connection.execute("ALTER TABLE vault.keys ENABLE TRIGGER keep_destroyed; DROP TABLE backup")
    assert NAME in open_history(call)
    erased = call("customers", "erase", "--json")
    assert (erased.code, erased.document) == (
        0,
        {"forgotten": 1, "destroyed_again": 1, "traces_erased": True},
    )
    assert NAME not in open_history(call)
    assert call("customers", "erase").out.strip() == "1 customer forgotten in all; 0 keys destroyed again."


def test_a_long_transaction_that_still_sees_the_key_is_told(
    call: Call, clara: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.recovery.erasure.WAIT_SECONDS", 0.2)
    with psycopg.connect(str(settings.database_url)) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT 1")
        forgotten = call("customers", "forget", clara, "--json")
        assert (forgotten.code, forgotten.document["traces_erased"]) == (1, False)
        assert "run `clienteling customers erase` later" in forgotten.said
        assert call("customers", "erase").code == 1
    assert call("customers", "erase").code == 0


STORY = "Mr. Vance fainted at the door, and Anna drove him home"


def test_a_story_about_somebody_without_a_record_can_be_destroyed(call: Call, settings: Settings) -> None:
    anna, ben = (ids["associate_id"] for ids in said(settings, [hire(), hire()]))
    told = ReportHeroicAct(heroes=(anna,), kind="comforted_customer", story=STORY, cost_minor=500)
    act, other = (ids["act_id"] for ids in said(settings, [told, told]))
    assert open_history(call).count(STORY) == 2
    redacted = call("customers", "redact", act, "--json")
    assert (redacted.code, redacted.document) == (0, {"subjects": [act], "traces_erased": True})
    assert open_history(call).count(STORY) == 1
    said(settings, [VerifyHeroicAct(act_id=one, verified_by=ben) for one in (act, other)])
    again = call("customers", "redact", act)
    assert (again.code, again.out.strip()) == (0, f"The texts encrypted under {act} cannot be read any more.")


def test_what_is_not_such_a_story_is_left_alone_with_the_reason(call: Call, settings: Settings) -> None:
    anna, clara = small_shop(settings)
    told = ReportHeroicAct(heroes=(anna,), kind="delivery", story=STORY, customer_id=clara)
    act = said(settings, [told])[0]["act_id"]
    before = open_history(call)
    for about, reason in (
        (act, f"these texts go when {clara} is forgotten (ABOUT)"),
        (clara, f"these texts go when {clara} is forgotten (ABOUT)"),
        (anna, f"these texts are those of {anna} (ABOUT)"),
        ("act_" + "0" * 32, "there is no text that could be destroyed"),
    ):
        refused = call("customers", "redact", about)
        assert refused.code == 1
        assert reason in refused.said
    assert open_history(call) == before

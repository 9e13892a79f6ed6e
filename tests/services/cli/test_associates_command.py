"""`clienteling associates`: whom the other commands can be asked about."""

import msgspec
import pytest

from domain.associate.commands import AssociateLeaves, HireAssociate
from infra.settings import Settings
from tests.services.cli.calling import Call, hire, said


def staff(settings: Settings, call: Call) -> dict[str, str]:
    """Three in two stores, one of whom has left; their ids by name."""
    anna = hire()
    others = [
        HireAssociate(name=name, reference=reference, store_id=store, plan=anna.plan)
        for name, reference, store in (("Ben Ito", "staff 2", "uptown"), ("Ada Berg", "staff 3", "downtown"))
    ]
    ids = [each["associate_id"] for each in said(settings, [anna, *others])]
    said(settings, [AssociateLeaves(associate_id=ids[2])])
    assert call("projections", "rebuild", "associate_directory").code == 0
    return dict(zip(("Anna Lindqvist", "Ben Ito", "Ada Berg"), ids, strict=True))


def test_associates_are_listed_by_store_and_name_with_what_other_commands_take(
    settings: Settings, call: Call
) -> None:
    ids = staff(settings, call)
    listed = call("associates").out.splitlines()
    in_order = [ids[name] for name in ("Ada Berg", "Anna Lindqvist", "Ben Ito")]
    assert [line.split("  ")[0] for line in listed[-3:]] == in_order
    assert "left" in listed[-3]
    assert "staff 2" in listed[-1]
    for associate in (ids["Ben Ito"], "staff 2"):
        assert call("book", associate).code == 0


def test_associates_of_a_store_or_a_status_alone(
    settings: Settings, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.cli.associates.PAGE", 1)
    ids = staff(settings, call)

    def found(*options: str) -> list[str]:
        document = msgspec.json.decode(call("associates", *options, "--json").out)
        return [each["associate_id"] for each in document["associates"]]

    assert found("--store", "uptown") == [ids["Ben Ito"]]
    assert found("--store", "downtown", "--status", "working") == [ids["Anna Lindqvist"]]
    assert found("--status", "left") == [ids["Ada Berg"]]
    assert found("--store", "nowhere") == []
    assert sorted(found()) == sorted(ids.values())


def test_a_directory_that_was_never_projected_is_said(settings: Settings, call: Call) -> None:
    said(settings, [hire()])
    told = call("associates")
    assert told.code == 1
    assert "the projector makes them" in told.said

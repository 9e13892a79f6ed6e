"""An event keeps its name for ever, and no other event ever gets it, however often the log is set back."""

import random

import pytest

from infra.event_store.lineage import Lineage, LineageStep

FIRST = LineageStep("first", 0)


def lineage(*steps: tuple[str, int]) -> Lineage:
    return Lineage([FIRST, *(LineageStep(*step) for step in steps)])


def test_what_the_first_epoch_recorded_is_named_after_it() -> None:
    assert [lineage().recorded_in(position) for position in (1, 2, 10**9)] == ["first"] * 3


def test_behind_the_common_position_the_new_epoch_records() -> None:
    set_back = lineage(("second", 100))
    assert set_back.recorded_in(100) == "first"
    assert set_back.recorded_in(101) == "second"
    assert set_back.recorded_from == 100


@pytest.mark.parametrize(
    ("position", "epoch"), [(50, "first"), (51, "second"), (70, "second"), (71, "third")]
)
def test_a_later_restore_keeps_what_the_epochs_before_recorded(position: int, epoch: str) -> None:
    assert lineage(("second", 50), ("third", 70)).recorded_in(position) == epoch


@pytest.mark.parametrize("position", [51, 60, 71, 200])
def test_a_restore_far_back_leaves_nothing_of_the_epoch_between(position: int) -> None:
    assert lineage(("second", 70), ("third", 50)).recorded_in(position) == "third"


def test_an_epoch_that_shares_nothing_has_all_of_its_history() -> None:
    assert lineage(("second", 0)).recorded_in(1) == "second"


def test_the_lineage_as_of_an_epoch_ends_with_it() -> None:
    whole = lineage(("second", 50), ("third", 20))
    assert whole.until("second").recorded_in(50) == "first"
    assert whole.until("second").recorded_in(51) == "second"
    assert whole.until("another house's").recorded_in(51) == "another house's"


def test_no_two_events_of_any_history_have_one_name_and_each_keeps_its_own() -> None:
    chance = random.Random(15)
    for _ in range(300):
        steps, log = [FIRST], [object()]
        named: dict[str, object] = {}
        for number in range(chance.randint(1, 6)):
            if number:
                common = chance.randint(0, len(log) - 1)
                steps.append(LineageStep(f"epoch-{number}", common))
                del log[common + 1 :]
            log += [object() for _ in range(chance.randint(0, 8))]
            now = Lineage(steps)
            for position, event in list(enumerate(log))[1:]:
                name = now.event_id("sal_1", position, position)
                assert named.setdefault(name, event) is event
        for event in log[1:]:
            assert sum(event is other for other in named.values()) == 1


def test_the_parts_of_a_history_are_in_order() -> None:
    whole = lineage(("b", 10), ("c", 30), ("d", 20), ("e", 20))
    epochs = [whole.recorded_in(position) for position in range(1, 40)]
    assert sorted(set(epochs), key=epochs.index) == ["first", "b", "e"]

"""Kept states belong to exactly one revision of one generation."""

from services.projector.state_cache import StateCache


def kept(kept_max: int = 10) -> StateCache:
    """States of three keys, kept at revision 7 of generation 1."""
    states = StateCache(kept_max=kept_max)
    states.keep({"a": "A", "b": "B", "c": "C"}, generation=1, since=3, revision=7)
    return states


def test_states_are_given_at_the_revision_they_are_kept_at():
    assert kept().take(["a", "x"], generation=1, revision=7) == {"a": "A"}


def test_states_are_not_given_at_another_revision_or_generation():
    assert kept().take(["a"], generation=1, revision=8) == {}
    assert kept().take(["a"], generation=2, revision=7) == {}
    states = kept()
    states.take(["a"], generation=1, revision=8)
    assert states.take(["b"], generation=1, revision=7) == {}


def test_a_batch_of_nothing_takes_states_along_from_their_own_revision():
    states = kept()
    states.keep({}, generation=1, since=7, revision=9)
    assert states.take(["a"], generation=1, revision=9) == {"a": "A"}


def test_a_batch_of_nothing_makes_no_states_of_another_revision_current():
    for generation, since in ((1, 8), (2, 7)):
        states = kept()
        states.keep({}, generation=generation, since=since, revision=9)
        assert states.take(["a", "b", "c"], generation=generation, revision=9) == {}


def test_a_batch_of_one_key_makes_no_other_key_of_another_revision_current():
    states = kept()
    states.keep({"a": "A2"}, generation=1, since=8, revision=9)
    assert states.take(["a", "b"], generation=1, revision=9) == {"a": "A2"}


def test_states_that_were_taken_are_kept_again_only_when_they_are_committed():
    states = kept()
    states.take(["a"], generation=1, revision=7)
    assert states.take(["a", "b"], generation=1, revision=7) == {"b": "B"}


def test_the_oldest_states_make_room():
    states = kept(kept_max=3)
    states.keep({"d": "D"}, generation=1, since=7, revision=9)
    assert states.take(["a", "b", "c", "d"], generation=1, revision=9) == {"b": "B", "c": "C", "d": "D"}


def test_nothing_is_kept_where_nothing_may_be():
    assert kept(kept_max=0).take(["a"], generation=1, revision=7) == {}

"""Time and chance come in through one door each."""

import datetime
import re
import uuid

import pytest

from infra.clock import FixedClock, now
from infra.ids import jitter, new_id, seeded_source


def test_now_is_an_instant_in_utc() -> None:
    assert now().tzinfo is datetime.UTC


def test_a_fixed_clock_stands_still_until_it_is_moved() -> None:
    clock = FixedClock(datetime.datetime.fromisoformat("2026-03-01T09:00:00+02:00"))
    assert clock.now() == clock.now()
    assert clock.now().isoformat() == "2026-03-01T07:00:00+00:00"
    clock.advance(datetime.timedelta(days=1))
    assert clock.now().isoformat() == "2026-03-02T07:00:00+00:00"


def test_a_fixed_clock_refuses_an_instant_without_a_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        FixedClock(datetime.datetime(2026, 3, 1))  # noqa: DTZ001 - that is what is refused


def test_a_new_id_is_its_prefix_and_a_uuid_of_version_7() -> None:
    fresh = new_id("cus")
    assert re.fullmatch("cus_[0-9a-f]{32}", fresh)
    parsed = uuid.UUID(fresh[4:])
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)


def test_new_ids_tell_when_they_were_made_and_never_repeat() -> None:
    before = now().timestamp()
    ids = [new_id("sal") for _ in range(20_000)]
    after = now().timestamp()
    assert len(set(ids)) == len(ids)
    times = [int(each[4:16], 16) / 1_000 for each in (ids[0], ids[-1])]
    assert before - 0.001 <= times[0] <= times[1] <= after


def test_ids_made_in_different_fractions_of_a_millisecond_sort_by_time() -> None:
    # Equal fractions are ordered by chance, so only the part that holds the time is compared.
    ids = [new_id("sal")[4:20] for _ in range(1_000)]
    assert ids == sorted(ids)
    assert len({each[:12] for each in ids}) < len(set(ids))


def test_a_seeded_source_gives_the_same_sequence_for_the_same_seed() -> None:
    assert [seeded_source(7).random() for _ in range(3)] == [seeded_source(7).random() for _ in range(3)]


def test_jitter_stays_between_half_and_whole() -> None:
    assert all(1.0 <= jitter(2.0) < 2.0 for _ in range(1_000))

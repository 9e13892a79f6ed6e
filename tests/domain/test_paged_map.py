"""A paged map is a mapping in the order of its keys, however often it was changed."""

from collections.abc import Iterator

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

import domain.paged_map as paged_map
from domain.paged_map import PagedMap

keys = st.integers(0, 30)
#: A key and an item, or None for one that is taken away.
changes = st.lists(st.tuples(keys, st.one_of(st.none(), st.integers())), max_size=60)


@pytest.fixture(autouse=True, scope="module")
def _small_pages() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(paged_map, "PAGE_ITEMS_MAX", 4)
        yield


def made_by(changes: list[tuple[int, int | None]]) -> tuple[PagedMap[int, int], dict[int, int]]:
    paged, plain = PagedMap[int, int](), dict[int, int]()
    for key, item in changes:
        if item is None:
            paged = paged.without(key)
            plain.pop(key, None)
        else:
            paged = paged.with_item(key, item)
            plain[key] = item
    return paged, plain


@for_all(changes, keys)
def test_it_holds_what_a_dictionary_would(changes: list[tuple[int, int | None]], key: int) -> None:
    paged, plain = made_by(changes)
    in_order = sorted(plain.items())
    assert (list(paged.items()), len(paged), paged.get(key)) == (in_order, len(plain), plain.get(key))
    assert list(paged.up_from(key)) == [entry for entry in in_order if entry[0] >= key]
    assert list(paged.down_from(key)) == [entry for entry in reversed(in_order) if entry[0] <= key]


@for_all(changes, keys)
def test_a_change_leaves_the_map_it_was_made_of_as_it_is(
    changes: list[tuple[int, int | None]], key: int
) -> None:
    paged, plain = made_by(changes)
    paged.with_item(key, -1)
    paged.without(key)
    assert dict(paged) == plain


@for_all(changes, keys)
def test_a_change_shares_all_pages_but_one(changes: list[tuple[int, int | None]], key: int) -> None:
    paged, _ = made_by(changes)
    for changed in (paged.with_item(key, -1), paged.without(key)):
        assert len(set(paged.pages) - set(changed.pages)) <= 1
        assert all(len(page.items) <= paged_map.PAGE_ITEMS_MAX for page in changed.pages)


def test_items_that_come_in_order_fill_their_pages() -> None:
    paged, _ = made_by([(key, key) for key in range(40)])
    assert len(paged.pages) == 40 // paged_map.PAGE_ITEMS_MAX

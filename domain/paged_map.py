"""An immutable mapping in pages, for what a state has ever more of."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any, Final, Generic, TypeVar

Key = TypeVar("Key")
Item = TypeVar("Item")

#: A page that would have more items is split.
PAGE_ITEMS_MAX: Final = 256


class Page(Generic[Key, Item]):
    """Some items in the order of their keys. Of those that are stored elsewhere, `stored_as` says under which
    name, and `fetch` gets them when they are first needed.
    """

    __slots__ = ("_fetch", "_items", "stored_as")

    def __init__(
        self,
        items: dict[Key, Item] | None = None,
        *,
        fetch: Callable[[], dict[Key, Item]] | None = None,
        stored_as: bytes | None = None,
    ) -> None:
        self._items = items
        self._fetch = fetch
        self.stored_as = stored_as

    @property
    def items(self) -> dict[Key, Item]:
        """The items; never to be changed."""
        if self._items is None:
            self._items = self._fetch() if self._fetch is not None else {}
        return self._items


class PagedMap(Mapping[Key, Item]):
    """An immutable mapping in the order of its keys. One with another item shares every page but one with it:
    that costs nearly the same however many items there are.
    """

    __slots__ = ("_count", "firsts", "pages")

    def __init__(
        self, firsts: tuple[Key, ...] = (), pages: tuple[Page[Key, Item], ...] = (), count: int = 0
    ) -> None:
        #: The first key of each page.
        self.firsts: Final = firsts
        self.pages: Final = pages
        self._count = count

    def __getitem__(self, key: Key) -> Item:
        if not self.pages:
            raise KeyError(key)
        return self.pages[self._place(key)].items[key]

    def __iter__(self) -> Iterator[Key]:
        return chain.from_iterable(page.items for page in self.pages)

    def __len__(self) -> int:
        return self._count

    def __repr__(self) -> str:
        return f"PagedMap({dict(self)!r})"

    def with_item(self, key: Key, item: Item) -> "PagedMap[Key, Item]":
        """The same with another item, or with another one under its key."""
        if not self.pages:
            return PagedMap((key,), (Page({key: item}),), 1)
        place = self._place(key)
        before = self.pages[place].items
        items = {**before, key: item}
        if len(items) == len(before):
            return self._replaced(place, items)
        if _last(before) > key:  # type: ignore[operator]
            items = dict(sorted(items.items()))  # type: ignore[type-var]
        if len(items) <= PAGE_ITEMS_MAX:
            return self._replaced(place, items)
        # Numbers and days mostly grow: then the full page stays as it is.
        at_end = place == len(self.pages) - 1 and _last(items) == key
        half = len(before) if at_end else len(items) // 2
        entries = list(items.items())
        return self._replaced(place, dict(entries[:half]), dict(entries[half:]))

    def without(self, key: Key) -> "PagedMap[Key, Item]":
        """The same without a key, if it has it."""
        if key not in self:
            return self
        place = self._place(key)
        items = {other: item for other, item in self.pages[place].items.items() if other != key}
        return self._replaced(place, items) if items else self._replaced(place)

    def up_from(self, key: Any) -> Iterator[tuple[Key, Item]]:
        """The items from a key on, in order."""
        for page in self.pages[self._place(key) :]:
            keys = list(page.items)
            for each in keys[bisect_left(keys, key) :]:
                yield each, page.items[each]

    def down_from(self, key: Any) -> Iterator[tuple[Key, Item]]:
        """The items up to and with a key, the last one first."""
        for page in reversed(self.pages[: self._place(key) + 1]):
            keys = list(page.items)
            for each in reversed(keys[: bisect_right(keys, key)]):
                yield each, page.items[each]

    def _place(self, key: Any) -> int:
        return max(bisect_right(self.firsts, key) - 1, 0)

    def _replaced(self, place: int, *pages: dict[Key, Item]) -> "PagedMap[Key, Item]":
        count = self._count - len(self.pages[place].items) + sum(map(len, pages))
        firsts = tuple(next(iter(items)) for items in pages)
        return PagedMap(
            self.firsts[:place] + firsts + self.firsts[place + 1 :],
            self.pages[:place] + tuple(Page(items) for items in pages) + self.pages[place + 1 :],
            count,
        )


def _last(items: dict[Key, Item]) -> Key:
    return next(reversed(items))

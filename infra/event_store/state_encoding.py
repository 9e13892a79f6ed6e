"""States as bytes (MessagePack) and back; the pages of their paged maps apart, but for the last of each.

The last page is where most maps grow, and what a decision reads first.
"""

import hashlib
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple, cast, get_args, get_type_hints

import msgspec

from domain.evolve import EVOLVE_OF_PREFIX
from domain.paged_map import Page, PagedMap

#: What a state's type, its evolve function and the reading of events depend on.
_CODE: Final = ("domain", "infra.event_store.codec", "infra.event_store.state_encoding")
_DIGEST_BYTES: Final = 16

_encode = msgspec.msgpack.encode


class EncodedState(NamedTuple):
    """A state without the items of the pages that are stored apart, and those pages by the digests of their
    items.
    """

    state: bytes
    pages: dict[bytes, Page[Any, Any]]


class PagePlace(NamedTuple):
    """A page of a stored state: in which of its paged maps, its first key, that of the next page, and the
    digest it is stored under.
    """

    map_no: int
    first: Any
    next_first: Any
    digest: bytes


#: Gets the bytes of a page, or its items where they are not stored any more.
FetchPage = Callable[[PagePlace], bytes | dict[Any, Any]]


def encode_state(state: Any) -> EncodedState:
    """The bytes of a state, and its pages."""
    pages: dict[bytes, Page[Any, Any]] = {}

    def encode_map(value: Any) -> bytes:
        if not isinstance(value, PagedMap):
            raise NotImplementedError(type(value).__name__)
        paged = cast("PagedMap[Any, Any]", value)
        full = paged.pages[:-1]
        digests = [_digest_of_page(page) for page in full]
        pages.update(zip(digests, full, strict=True))
        last = paged.pages[-1].items if paged.pages else {}
        return _encode((len(paged), paged.firsts, b"".join(digests), last))

    encoded = msgspec.msgpack.Encoder(enc_hook=encode_map).encode(state)
    return EncodedState(encoded, pages)


def encode_items(page: Page[Any, Any]) -> bytes:
    """The bytes of a page's items."""
    return _encode(page.items)


def digest_of(items: bytes) -> bytes:
    """The digest that bytes of items are stored under."""
    return hashlib.blake2b(items, digest_size=_DIGEST_BYTES).digest()


def decode_state(stream_id: str, state: bytes, fetch_page: FetchPage) -> Any:
    """The state in these bytes; its pages are fetched when they are needed."""
    maps = 0

    def decode_map(kind: Any, value: bytes) -> PagedMap[Any, Any]:
        nonlocal maps
        decode, decode_items = _decoders(*get_args(kind))
        count, firsts, digests, last = decode(value)
        if not count:
            pages = []
        else:
            stored = _StoredMap(maps, firsts, digests, fetch_page, decode_items)
            pages = [*stored.pages(), Page(last)]
        maps += 1
        return PagedMap(tuple(firsts), tuple(pages), count)

    return msgspec.msgpack.decode(state, type=_state_type(stream_id[:3]), dec_hook=decode_map)


def items_at(state: Any, place: PagePlace) -> dict[Any, Any]:
    """The items that a state has where a page of another one was."""
    fields = (getattr(state, name) for name in state.__struct_fields__)
    maps = [field for field in fields if isinstance(field, PagedMap)]
    items = cast("PagedMap[Any, Any]", maps[place.map_no]).up_from(place.first)
    return {key: item for key, item in items if key < place.next_first}


@cache
def code_digest() -> bytes:
    """Tells the code that makes states from any other: whatever it made is not read by other code."""
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for source in sorted(source for module in _CODE for source in _sources(module)):
        digest.update(source.name.encode() + source.read_bytes())
    return digest.digest()


class _StoredMap(NamedTuple):
    """The pages of a paged map that are stored apart."""

    map_no: int
    firsts: list[Any]
    digests: bytes
    fetch_page: FetchPage
    decode_items: Callable[[bytes], dict[Any, Any]]

    def pages(self) -> Iterator[Page[Any, Any]]:
        for number in range(len(self.firsts) - 1):
            yield Page(fetch=partial(self._items, number), stored_as=self._digest(number))

    def _digest(self, number: int) -> bytes:
        return self.digests[number * _DIGEST_BYTES : (number + 1) * _DIGEST_BYTES]

    def _items(self, number: int) -> dict[Any, Any]:
        first, next_first = self.firsts[number : number + 2]
        found = self.fetch_page(PagePlace(self.map_no, first, next_first, self._digest(number)))
        return self.decode_items(found) if isinstance(found, bytes) else found


def _digest_of_page(page: Page[Any, Any]) -> bytes:
    if page.stored_as is None:
        page.stored_as = digest_of(_encode(page.items))
    return page.stored_as


def _sources(module: str) -> Iterator[Path]:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{module} has no source")
    source = Path(spec.origin)
    return source.parent.rglob("*.py") if spec.submodule_search_locations else iter([source])


@cache
def _decoders(key: Any, item: Any) -> tuple[Callable[[bytes], Any], Callable[[bytes], Any]]:
    """What decodes a paged map of these keys and items, and one of its pages."""
    whole = msgspec.msgpack.Decoder(tuple[int, list[key], bytes, dict[key, item]])
    return whole.decode, msgspec.msgpack.Decoder(dict[key, item]).decode


@cache
def _state_type(prefix: str) -> Any:
    return get_type_hints(EVOLVE_OF_PREFIX[prefix])["return"]

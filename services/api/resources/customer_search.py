"""Finding a customer by personal data, which is decrypted for the search and dropped."""

import asyncio
import hashlib
import hmac
import unicodedata
from collections.abc import Iterable, Sequence

import msgspec

from infra.vault.documents import decrypted, subjects_in
from projections.clientele_book.page import CustomerPage
from services.api.reading_state import ReadingState
from services.read_models.search_statements import BITS

#: So many digits have to be typed before a telephone number is looked for.
DIGITS_MIN = 3
#: Entries are made of the pieces of words up to this length: a search may be a single letter.
GRAM_MAX = 3


class SearchTerms(msgspec.Struct, frozen=True):
    """What a customer can be found by, decrypted; None where they were erased."""

    name: str | None
    address_as: str | None
    contact_points: tuple[str | None, ...]
    reference: str | None


async def decrypted_search_terms(app: ReadingState, pages: Sequence[CustomerPage]) -> list[SearchTerms]:
    """What each of these customers can be found by, in their order. One statement for all their keys."""
    encrypted = [
        SearchTerms(
            page.name, page.address_as, tuple(point.value for point in page.contact_points), page.reference
        )
        for page in pages
    ]
    keys = await app.keys.keys_of(subjects_in(encrypted))
    # A book of thousands takes long enough to be noticed by others, were it done in the event loop.
    return await asyncio.to_thread(decrypted, encrypted, keys.decrypt)


def matches(known: SearchTerms, sought: str) -> bool:
    """Whether all words of a search are in a name, a contact point or the reference.

    Case and accents make no difference. A search without letters is taken for a telephone number or a
    reference, and numbers are compared by their digits.
    """
    words = plain(sought).split()
    is_number = not any(letter.isalpha() for letter in sought)
    texts = [known.name, known.address_as, known.reference]
    if not is_number:
        texts += known.contact_points
    if words and any(text is not None and all(word in plain(text) for word in words) for text in texts):
        return True
    digits = digits_of(sought)
    if not is_number or len(digits) < DIGITS_MIN:
        return False
    return any(point is not None and digits in digits_of(point) for point in known.contact_points)


class Grams:
    """Says by which bits of an entry (`vault.search_entries`) texts are found, in one associate's book."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._bits: dict[str, int] = {}

    def of_terms(self, known: SearchTerms) -> str:
        """The bits of all that a customer can be found by."""
        texts = [known.name, known.address_as, known.reference, *known.contact_points]
        numbers = [digits_of(point) for point in known.contact_points if point is not None]
        return self._text(
            [word for text in texts if text is not None for word in plain(text).split()] + numbers
        )

    def of_sought(self, sought: str) -> tuple[str | None, str | None]:
        """The bits that the entries of everybody have who `matches` by words, and by digits; None for what
        nobody matches by.
        """
        words, digits = plain(sought).split(), digits_of(sought)
        by_digits = len(digits) >= DIGITS_MIN and not any(letter.isalpha() for letter in sought)
        return self._text(words) if words else None, self._text([digits]) if by_digits else None

    def _text(self, words: Iterable[str]) -> str:
        grams = {
            word[start : start + length]
            for word in words
            for length in range(1, GRAM_MAX + 1)
            for start in range(len(word) - length + 1)
        }
        bits = 0
        for gram in grams:
            bits |= self._bits.get(gram) or self._bit(gram)
        return f"{bits:0{BITS}b}"

    def _bit(self, gram: str) -> int:
        digest = hmac.digest(self._key, gram.encode(), hashlib.sha256)
        return self._bits.setdefault(gram, 1 << int.from_bytes(digest[:8]) % BITS)


def name_sort_key(known: SearchTerms) -> tuple[bool, str]:
    """The sort key of a list by name, or form of address; nameless customers are last."""
    name = known.name or known.address_as
    return (name is None, plain(name or ""))


def plain(text: str) -> str:
    """A text without case and accents."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold()


def digits_of(text: str) -> str:
    """The digits of a text, leading zeros left out: +44 171 and 0171 are told by what follows."""
    return "".join(letter for letter in text if letter.isdecimal()).lstrip("0")

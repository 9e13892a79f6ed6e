"""What a customer is found by in the whole house: tokens of the blind index, digests of normalised texts.

A token is 64 bits of HMAC-SHA-256 of a kind and a text, under a key derived from the master key. Names are
found by the beginnings of their words, everything else as a whole.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final, Literal

import phonenumbers

from infra.setting_rules import SettingsError, variable_of
from infra.settings import Settings
from infra.vault import AsyncVault
from projections.customer_directory.fold import CustomerRecord
from services.api.resources.customer_search import DIGITS_MIN, digits_of, plain

#: What somebody can be looked up by. Receipts are found in the log, the others in the index.
Kind = Literal["name", "phone", "mail", "reference", "receipt"]
#: So many letters of a word have to be typed, or all of a shorter one. A character that is as wide as two
#: letters says more: one of them will do.
PREFIX_MIN: Final = 3
PREFIX_MAX: Final = 20
WORDS_MAX: Final = 24
#: Whoever changes what an entry is made of gives it another number.
FORM: Final = 1
#: Whose customers the digests are of, where those of a book name an associate.
_SCOPE: Final = "customers"


class Tokens:
    """Says by which tokens records are found, and what is sought."""

    def __init__(self, keys: AsyncVault, settings: Settings) -> None:
        self._key = keys.search_key(_SCOPE)
        self._region = settings.phone_region
        #: In what the tokens of two processes have to agree.
        self.made_with = f"{FORM}|{keys.fingerprint}|{self._region}"

    def of_record(self, record: CustomerRecord) -> list[int]:
        """The tokens of all that a record, decrypted, can be found by."""
        found: set[tuple[Kind, str]] = {
            ("name", word[:length])
            for text in (record.name, record.address_as)
            if text is not None
            for word in _words(text)
            for length in range(min(_prefix_min(word), len(word)), min(len(word), PREFIX_MAX) + 1)
        }
        if record.reference is not None:
            found |= self._texts("reference", record.reference)
        for point in record.contact_points:
            # Of a customer who was erased a moment ago there is no value any more.
            if point.kind != "address" and point.value is not None:  # pyright: ignore[reportUnnecessaryComparison]
                found |= self._texts("phone" if point.kind == "phone" else "mail", point.value)
        return sorted(self._token(*one) for one in found)

    def sought(self, kind: Kind, text: str) -> list[int]:
        """The tokens that the entries of everybody have who is found by a text of this kind; none: nobody."""
        return sorted(self._token(*one) for one in self._texts(kind, text))

    def _texts(self, kind: Kind, text: str) -> set[tuple[Kind, str]]:
        if kind == "name":
            words = ("".join(_letters(word)) for word in plain(text).split())
            return {(kind, word[:PREFIX_MAX]) for word in words if word}
        normal = self.e164(text) if kind == "phone" else plain(text).strip()
        return {(kind, normal)} if normal else set()

    def e164(self, text: str) -> str:
        """A telephone number in E.164; the digits of what can be none; nothing where they are too few."""
        try:
            number = phonenumbers.parse(text, self._region)
        except phonenumbers.NumberParseException:
            digits = digits_of(text)
            return digits if len(digits) >= DIGITS_MIN else ""
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def _token(self, kind: Kind, text: str) -> int:
        digest = hmac.digest(self._key, f"{kind}:{text}".encode(), hashlib.sha256)
        return int.from_bytes(digest[:8], signed=True)


def kinds_of(text: str) -> list[Kind]:
    """What a text may be that does not say it. The number of a receipt has a digit."""
    if "@" in text:
        return ["mail", "reference"]
    if any(letter.isalpha() for letter in text):
        is_numbered = any(letter.isdecimal() for letter in text)
        return ["name", "reference", "receipt"] if is_numbered else ["name", "reference"]
    return ["phone", "reference", "receipt"]


def require_known_region(settings: Settings) -> None:
    """Raises SettingsError for a region that has no telephone numbers."""
    if settings.phone_region not in phonenumbers.SUPPORTED_REGIONS:
        variable = variable_of("phone_region")
        raise SettingsError(
            [f"{variable} is set to '{settings.phone_region}', which is no region of ISO 3166"]
        )


def _words(text: str) -> Iterator[str]:
    """The words of a name: with hyphens and apostrophes taken out, and what stands between them."""
    for word in plain(text).split()[:WORDS_MAX]:
        parts = "".join(letter if letter.isalnum() else " " for letter in word).split()
        yield from dict.fromkeys(["".join(parts), *parts]) if parts else ()


def _letters(word: str) -> Iterable[str]:
    return (letter for letter in word if letter.isalnum())


def _prefix_min(word: str) -> int:
    return 1 if unicodedata.east_asian_width(word[0]) == "W" else PREFIX_MIN

"""By which tokens somebody is found: names by the beginnings of their words, everything else as a whole."""

from typing import Any, cast

import pytest

from infra.setting_rules import SettingsError
from infra.settings import Settings
from infra.vault import AsyncVault, MasterKey
from projections.customer_directory.fold import CustomerRecord
from projections.profile_terms import ContactPoint
from services.api.resources.customer_tokens import Kind, Tokens, kinds_of, require_known_region


def tokens_in(region: str = "US", key: bytes = b"k" * 32) -> Tokens:
    return Tokens(AsyncVault(cast("Any", None), MasterKey(key)), Settings(phone_region=region))


def record(*points: tuple[Any, str], **texts: Any) -> CustomerRecord:
    listed = [ContactPoint(number, kind, value) for number, (kind, value) in enumerate(points, start=1)]
    return CustomerRecord(customer_id="cus_1", contact_points=listed, **texts)


def is_found(known: CustomerRecord, kind: Kind, sought: str, tokens: Tokens | None = None) -> bool:
    tokens = tokens or tokens_in()
    asked = tokens.sought(kind, sought)
    return bool(asked) and set(asked) <= set(tokens.of_record(known))


CLARA = record(name="Clara Håversham-Lund", address_as="Mrs. O'Neill")


@pytest.mark.parametrize(
    "sought",
    [
        "clara", "CLA", "lund clara", "havers", "håversham", "haversham-lund", "havershamlund", "mrs",
        "mrs. o'neill", "oneill", "neill", "o'ne", " clara  lund ", "o",
    ],
)  # fmt: skip
def test_a_name_is_found_by_the_beginnings_of_its_words(sought: str) -> None:
    assert is_found(CLARA, "name", sought)


@pytest.mark.parametrize("sought", ["cl", "c", "lara", "claraa", "clara smith", "-", " ", "'"])
def test_a_name_is_found_by_nothing_else(sought: str) -> None:
    assert not is_found(CLARA, "name", sought)


def test_a_short_word_is_found_whole_and_ideographs_one_by_one() -> None:
    assert is_found(record(name="Bo Li"), "name", "li bo")
    assert not is_found(record(name="Lisa Bonnet"), "name", "li")
    assert is_found(record(name="李小龙"), "name", "李")
    assert is_found(record(name="김민수"), "name", "김민")
    assert not is_found(record(name="李小龙"), "name", "小")


def test_long_words_and_long_names_have_no_more_tokens_than_they_need() -> None:
    long = record(name="a" * 4_000)
    assert len(tokens_in().of_record(long)) <= 18
    assert is_found(long, "name", "a" * 200)
    assert len(tokens_in().of_record(record(name=" ".join(f"word{n}" for n in range(600))))) < 200


@pytest.mark.parametrize("sought", ["(212) 555-0123", "212.555.0123", "+1 212 555 0123", "1-212-555-0123"])
def test_a_telephone_number_is_found_in_any_notation(sought: str) -> None:
    assert is_found(record(("phone", "+1 (212) 555-0123")), "phone", sought)
    assert is_found(record(("phone", sought)), "phone", "2125550123")
    assert not is_found(record(("phone", sought)), "phone", "2125550124")


def test_the_region_of_the_setting_says_which_country_a_number_is_of() -> None:
    known = record(("phone", "020 7946 0958"))
    assert is_found(known, "phone", "+44 20 7946 0958", tokens_in("GB"))
    assert not is_found(known, "phone", "+44 20 7946 0958", tokens_in("US"))
    assert is_found(known, "phone", "0044 20 7946 0958", tokens_in("GB"))


def test_what_can_be_no_number_is_compared_by_its_digits() -> None:
    known = record(("phone", "extension 12345678901234567890"))
    assert is_found(known, "phone", "1234 5678 9012 3456 7890")
    assert not is_found(record(("phone", "x")), "phone", "x")


def test_a_mail_address_is_found_whole_whatever_its_case() -> None:
    known = record(("email", "Clara@Lund.example"))
    assert is_found(known, "mail", " clara@lund.EXAMPLE ")
    assert not is_found(known, "mail", "clara@lund")


def test_a_reference_is_found_whole_and_a_postal_address_not_at_all() -> None:
    known = record(("address", "1 Elm Street"), reference="A_100%")
    assert is_found(known, "reference", "a_100%")
    assert not is_found(known, "reference", "a_100")
    assert len(tokens_in().of_record(known)) == 1


def test_one_kind_is_not_found_as_another() -> None:
    assert not is_found(record(reference="clara"), "name", "clara")
    assert not is_found(record(name="clara"), "reference", "clara")


def test_nobody_without_the_key_can_tell_a_token() -> None:
    mine, others = tokens_in().of_record(CLARA), tokens_in(key=b"x" * 32).of_record(CLARA)
    assert len(mine) == len(others)
    assert not set(mine) & set(others)
    assert tokens_in().made_with != tokens_in(key=b"x" * 32).made_with
    assert tokens_in().made_with != tokens_in("GB").made_with


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("clara@lund.example", {"mail", "reference"}),
        ("Clara", {"name", "reference"}),
        ("+44 20 7946 0958", {"phone", "reference", "receipt"}),
        ("A-100", {"name", "reference", "receipt"}),
    ],
)
def test_a_text_that_does_not_say_what_it_is_may_be_several_things(text: str, kinds: set[Kind]) -> None:
    assert set(kinds_of(text)) == kinds


def test_a_region_that_nobody_has_ends_the_start() -> None:
    require_known_region(Settings(phone_region="GB"))
    with pytest.raises(SettingsError, match="CLIENTELING_PHONE_REGION is set to 'XX'"):
        require_known_region(Settings(phone_region="XX"))

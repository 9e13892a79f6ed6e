"""What customers are found by: an entry has all the bits that a search for a match asks for."""

from hypothesis import given
from hypothesis import strategies as st

from services.api.resources.customer_search import Grams, SearchTerms, matches

GRAMS = Grams(bytes(32))
letters = st.one_of(st.sampled_from("aäÅßﬁ ²1023-+%_İıΣς李é́"), st.characters(exclude_categories=["Cs"]))
texts = st.one_of(st.none(), st.text(letters, max_size=12))


@st.composite
def searches(draw: st.DrawFn) -> tuple[SearchTerms, str]:
    """Somebody, and a search that is often a part of what they are found by."""
    known = SearchTerms(draw(texts), draw(texts), tuple(draw(st.lists(texts, max_size=2))), draw(texts))
    own = [text for text in (known.name, known.address_as, known.reference, *known.contact_points) if text]
    if not own or draw(st.booleans()):
        return known, draw(st.text(letters, min_size=1, max_size=6))
    text = draw(st.sampled_from(own))
    first = draw(st.integers(0, len(text) - 1))
    part = text[first : draw(st.integers(first + 1, len(text)))]
    return known, draw(st.sampled_from([part, part.upper(), part.casefold(), f" {part} {part[:2]}"]))


@given(searches())
def test_an_entry_has_all_bits_of_every_search_that_matches(search: tuple[SearchTerms, str]) -> None:
    known, sought = search
    if matches(known, sought):
        entry = int(GRAMS.of_terms(known), 2)
        asked = [int(bits, 2) for bits in GRAMS.of_sought(sought) if bits is not None]
        assert any(entry & bits == bits for bits in asked)


@given(st.text("0123456789", min_size=5, max_size=14), st.data())
def test_a_number_is_found_however_it_is_written(digits: str, data: st.DataObject) -> None:
    def written(some: str) -> str:
        return "".join(digit + data.draw(st.sampled_from(["", "", " ", "-", ") "])) for digit in some)

    first = data.draw(st.integers(0, len(digits) - 3))
    known = SearchTerms(None, None, (written(digits),), None)
    sought = written(digits[first : data.draw(st.integers(first + 3, len(digits)))])
    if matches(known, sought):
        entry = int(GRAMS.of_terms(known), 2)
        asked = [int(bits, 2) for bits in GRAMS.of_sought(sought) if bits is not None]
        assert any(entry & bits == bits for bits in asked)


def test_few_entries_have_the_bits_of_somebody_elses_name() -> None:
    """Not even where the letters are the same."""
    names = [f"{first} {last}" for first in ("Amy", "May", "Cleo") for last in ("Lund", "Dunl", "Quist")]
    entries = [int(GRAMS.of_terms(SearchTerms(name, None, (), None)), 2) for name in names]
    for name in names:
        bits, _ = GRAMS.of_sought(name)
        assert bits is not None
        assert [entry & int(bits, 2) == int(bits, 2) for entry in entries].count(True) == 1

"""Sealing without a database: what a token holds, what it refuses, and how documents are opened."""

import base64
import json
import os

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.personal import is_encrypted
from infra.vault.documents import decrypted, spliced, subjects_in, tokens_in
from infra.vault.encryption import DecryptionFailed, SubjectKey, Token, parse
from infra.vault.keys import SubjectKeys
from infra.vault.master_key import MasterKey, MasterKeyWrong

ADA, BEA = "cus_" + "a" * 32, "cus_" + "b" * 32
MASTER = MasterKey(bytes(32))
GOLDEN = "3c1252c878fe9ab00709744ff02a14f06b68021d6eb32a639255731e1bd80662add16772c8f332d40b79"
KEYS = SubjectKeys(MASTER, [(ADA, MASTER.new_wrapped_key(ADA)), (BEA, MASTER.new_wrapped_key(BEA))])
FORGOTTEN = SubjectKeys(MASTER, [(ADA, None), (BEA, None)])


@given(st.text())
def test_every_text_opens_to_itself(text: str) -> None:
    assert KEYS.decrypt(KEYS.encrypt(ADA, "name", text)) == text


def test_a_token_names_subject_and_field_and_hides_the_text() -> None:
    token = KEYS.encrypt(ADA, "name", "Haversham")
    assert token.startswith(f"sealed:v1:{ADA}:name:")
    assert is_encrypted(token)
    assert b"Haversham" not in parse(token).content


def test_the_same_text_never_makes_the_same_token() -> None:
    assert KEYS.encrypt(ADA, "name", "Haversham") != KEYS.encrypt(ADA, "name", "Haversham")


def test_a_token_moved_to_another_subject_or_field_does_not_open() -> None:
    token = KEYS.encrypt(ADA, "name", "Haversham")
    for moved in (token.replace(ADA, BEA), token.replace(":name:", ":note:")):
        with pytest.raises(DecryptionFailed):
            KEYS.decrypt(moved)


@given(st.integers(min_value=0, max_value=12 + 9 + 16 - 1), st.integers(min_value=0, max_value=7))
def test_a_token_with_any_bit_turned_does_not_open(byte: int, bit: int) -> None:
    token = parse(KEYS.encrypt(ADA, "name", "Haversham"))
    content = bytearray(token.content)
    content[byte] ^= 1 << bit
    with pytest.raises(DecryptionFailed):
        KEYS.decrypt(Token(token.subject_id, token.field, bytes(content)))


@pytest.mark.parametrize(
    "text", ["", "Haversham", "sealed:v1:", f"sealed:v1:{ADA}:name:", f"sealed:v1:{ADA}:name:QUJD"]
)
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(DecryptionFailed):
        KEYS.decrypt(text)


def test_a_field_or_subject_that_would_tear_the_token_is_refused() -> None:
    with pytest.raises(ValueError, match="letters"):
        KEYS.encrypt(ADA, "na:me", "Haversham")
    with pytest.raises(ValueError, match="letters"):
        SubjectKey('cus"', bytes(32)).encrypt("name", "Haversham")


def test_a_digest_tells_contents_and_subjects_apart_and_is_the_same_every_time() -> None:
    digest = KEYS.blind_digest(ADA, b"content")
    assert digest == KEYS.blind_digest(ADA, b"content")
    assert digest not in (KEYS.blind_digest(ADA, b"Content"), KEYS.blind_digest(BEA, b"content"))


def test_a_stored_key_opens_only_with_its_master_key_and_for_its_subject() -> None:
    wrapped = MASTER.new_wrapped_key(ADA)
    with pytest.raises(MasterKeyWrong):
        MASTER.unwrap(BEA, wrapped)
    with pytest.raises(MasterKeyWrong):
        MasterKey(os.urandom(32)).unwrap(ADA, wrapped)


def test_keys_do_not_show_in_a_representation() -> None:
    secret = b"hunter2!" * 4
    assert "hunter2" not in repr(MasterKey(secret)) + repr(SubjectKey(ADA, secret))


class Row(msgspec.Struct, frozen=True):
    customer_id: str
    name: str | None
    notes: tuple[str, ...] = ()


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text()
    | st.sampled_from(["sealed:v1:", '"', "\\"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


class Secret:
    """Marks a text of a generated document that is to be sealed."""

    def __init__(self, subject_id: str, text: str) -> None:
        self.subject_id = subject_id
        self.text = text

    def __repr__(self) -> str:
        return f"Secret({self.subject_id}, {self.text!r})"


secrets = st.builds(Secret, st.sampled_from([ADA, BEA]), st.text() | st.just('"sealed:v1:') | st.just('\\"'))
documents = st.recursive(
    plain | secrets,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def sealed(value: object) -> object:
    match value:
        case Secret():
            return KEYS.encrypt(value.subject_id, "note", value.text)
        case dict():
            return {name: sealed(each) for name, each in value.items()}
        case list():
            return [sealed(each) for each in value]
        case _:
            return value


def clear(value: object, *, forgotten: bool = False) -> object:
    match value:
        case Secret():
            return None if forgotten else value.text
        case dict():
            return {name: clear(each, forgotten=forgotten) for name, each in value.items()}
        case list():
            return [clear(each, forgotten=forgotten) for each in value]
        case _:
            return value


@given(documents)
def test_every_sealed_text_of_a_document_opens_and_nothing_else_changes(document: object) -> None:
    assert decrypted(sealed(document), KEYS.decrypt) == clear(document)


@given(documents, st.booleans())
def test_json_bytes_open_as_their_objects_do(document: object, spaced: bool) -> None:
    written = json.dumps(sealed(document), indent=2 if spaced else None).encode()
    assert json.loads(decrypted(written, KEYS.decrypt)) == clear(document)


@given(documents)
def test_the_texts_of_the_forgotten_become_null(document: object) -> None:
    written = msgspec.json.encode(sealed(document))
    assert msgspec.json.decode(decrypted(written, FORGOTTEN.decrypt)) == clear(document, forgotten=True)


def test_a_text_that_quotes_a_token_and_a_member_named_like_one_stay_as_they_are() -> None:
    token = KEYS.encrypt(ADA, "name", "Haversham")
    document = {token: 1, "quoted": f'she wrote "{token}" on a card', "unfinished": f'she wrote "{token}'}
    written = json.dumps(document).encode()
    assert decrypted(written, KEYS.decrypt) == written
    assert decrypted(document, KEYS.decrypt) == document


def test_what_comes_out_of_a_token_is_not_opened_again() -> None:
    inner = KEYS.encrypt(BEA, "name", "Miss Marple")
    document = {"note": KEYS.encrypt(ADA, "note", inner)}
    assert decrypted(document, KEYS.decrypt) == {"note": inner}
    assert json.loads(decrypted(json.dumps(document).encode(), KEYS.decrypt)) == {"note": inner}


def test_structs_are_opened_and_keep_their_type() -> None:
    row = Row(
        ADA, KEYS.encrypt(ADA, "name", "Haversham"), (KEYS.encrypt(BEA, "note", "likes green"), "plain")
    )
    assert decrypted([row], KEYS.decrypt) == [Row(ADA, "Haversham", ("likes green", "plain"))]
    assert subjects_in([row]) == {ADA, BEA}


def test_the_subjects_of_a_document_are_those_who_have_a_text_in_it() -> None:
    document = {"customer_id": BEA, "names": [KEYS.encrypt(ADA, "name", "Haversham")]}
    assert subjects_in(document) == subjects_in(json.dumps(document).encode()) == {ADA}


@pytest.mark.parametrize("cut", [1, 2, 3, 4])
def test_one_tampered_text_refuses_the_document(cut: int) -> None:
    token = KEYS.encrypt(ADA, "name", "Mrs. Haversham")
    changed = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
    for broken in (changed, token[:-cut]):
        with pytest.raises(DecryptionFailed, match="name of cus_"):
            decrypted({"name": broken}, KEYS.decrypt)
        written = json.dumps({"name": broken}).encode()
        with pytest.raises(DecryptionFailed):
            decrypted(written, KEYS.decrypt)
        with pytest.raises(DecryptionFailed):
            spliced(written, tokens_in(written), KEYS.decrypt_parts)


def test_a_token_sealed_by_the_first_version_opens_for_ever() -> None:
    # Made once and written down: what is in the log must open with every later version.
    key = SubjectKey(ADA, bytes(range(32)))
    token = f"sealed:v1:{ADA}:name:{base64.urlsafe_b64encode(bytes.fromhex(GOLDEN)).rstrip(b'=').decode()}"
    assert key.decrypt(parse(token)) == "Mrs. Haversham"

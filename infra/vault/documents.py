"""Decrypting every encrypted text in a document: in JSON bytes by scanning them, in objects by walking
them.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeVar

import msgspec

from infra.vault.encryption import NAME, TOKEN, Token, token_of

#: A whole JSON string that is a token and not the name of a member. It begins with a literal, which makes the
#: scan quick; `tokens_in` looks at what stands before it.
_TOKEN_IN_JSON = re.compile(rf'"sealed:v1:({NAME}):({NAME}):([A-Za-z0-9_\-]{{38,}})"(?!\s*:)'.encode())

Document = TypeVar("Document")

_BACKSLASH = ord("\\")
_encode = msgspec.json.Encoder().encode


def subjects_in(document: object) -> set[str]:
    """The ids of all subjects who have an encrypted text in the document."""
    if isinstance(document, bytes):
        return subjects_of(tokens_in(document))
    return {match[1] for text in _texts_in(document) if (match := TOKEN.fullmatch(text))}


def decrypted(document: Document, decrypt_token: Callable[[Token], str | None]) -> Document:
    """A copy of the document in which every encrypted text is replaced by what `decrypt_token` gives for it.

    Bytes are taken for JSON, and None becomes `null`. Otherwise dicts (their values), lists, tuples and
    structs are walked; anything else stays as it is. Nothing that comes out of a token is decrypted again.
    """
    if isinstance(document, bytes):
        return spliced(document, tokens_in(document), partial(_decrypt_parts, decrypt_token))  # pyright: ignore[reportReturnType] - Document is bytes here
    return _walked(document, decrypt_token)


def tokens_in(document: bytes) -> list[re.Match[bytes]]:
    """Where the sealed texts stand in a JSON document."""
    # A quote after a backslash opens no string: there somebody quotes a token in a text.
    return [match for match in _TOKEN_IN_JSON.finditer(document) if document[match.start() - 1] != _BACKSLASH]


def subjects_of(tokens: Iterable[re.Match[bytes]]) -> set[str]:
    """The ids of the subjects whose texts these are."""
    return {token[1].decode() for token in tokens}


def spliced(
    document: bytes,
    tokens: Iterable[re.Match[bytes]],
    decrypt_sealed: Callable[[bytes, bytes, bytes], str | None],
) -> bytes:
    """The document with what `decrypt_sealed(subject id, what it is bound to, content)` gives for each token
    in its place.

    An answer may hold hundreds of names, so nothing is taken apart or put together that is not needed: what a
    text is bound to is the token's own beginning.
    """
    parts: list[bytes] = []
    end = 0
    for token in tokens:
        first, last = token.span()
        text = decrypt_sealed(token[1], document[first + 1 : token.start(3) - 1], token[3])
        parts.append(document[end:first])
        parts.append(b"null" if text is None else _encode(text))
        end = last
    parts.append(document[end:])
    return b"".join(parts)


def _decrypt_parts(
    decrypt_token: Callable[[Token], str | None], subject_id: bytes, bound_to: bytes, content: bytes
) -> str | None:
    return decrypt_token(
        token_of(subject_id.decode(), bound_to.rpartition(b":")[2].decode(), content.decode())
    )


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts_in(each)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _texts_in(getattr(value, name))


def _walked(value: Any, decrypt_token: Callable[[Token], str | None]) -> Any:
    if isinstance(value, str):
        match = TOKEN.fullmatch(value)
        return decrypt_token(token_of(*match.groups())) if match else value
    if isinstance(value, dict):
        return {name: _walked(each, decrypt_token) for name, each in value.items()}
    if isinstance(value, list):
        return [_walked(each, decrypt_token) for each in value]
    if isinstance(value, tuple):
        return tuple(_walked(each, decrypt_token) for each in value)
    if isinstance(value, msgspec.Struct):
        fields = {name: _walked(getattr(value, name), decrypt_token) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **fields)
    return value

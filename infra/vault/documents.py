"""Opening every sealed text in a document: in JSON bytes by scanning them, in objects by walking them."""

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec

from infra.vault.sealing import NAME, TOKEN, Token, token_of

#: A whole JSON string that is a token and not the name of a member. It begins with a literal, which makes the scan quick;
#: `_json_tokens` looks at what stands before it.
_TOKEN_IN_JSON = re.compile(rf'"sealed:v1:({NAME}):({NAME}):([A-Za-z0-9_\-]{{38,}})"(?!\s*:)'.encode())

Document = TypeVar("Document")

_BACKSLASH = ord("\\")
_encode = msgspec.json.Encoder().encode


def subjects_in(document: object) -> set[str]:
    """The ids of all subjects who have a sealed text in the document."""
    if isinstance(document, bytes):
        return {match[1].decode() for match in _json_tokens(document)}
    return {match[1] for text in _texts_in(document) if (match := TOKEN.fullmatch(text))}


def opened(document: Document, open_token: Callable[[Token], str | None]) -> Document:
    """A copy of the document in which every sealed text is replaced by what `open_token` gives for it.

    Bytes are taken for JSON, and None becomes `null`. Otherwise dicts (their values), lists, tuples and structs are
    walked; anything else stays as it is. Nothing that comes out of a token is opened again.
    """
    if isinstance(document, bytes):
        return _opened_json(document, open_token)  # pyright: ignore[reportReturnType] - Document is bytes here
    return _walked(document, open_token)


def _json_tokens(document: bytes) -> Iterator[re.Match[bytes]]:
    # A quote after a backslash opens no string: there somebody quotes a token in a text.
    return (match for match in _TOKEN_IN_JSON.finditer(document) if document[match.start() - 1] != _BACKSLASH)


def _opened_json(document: bytes, open_token: Callable[[Token], str | None]) -> bytes:
    parts: list[bytes] = []
    end = 0
    for match in _json_tokens(document):
        token = token_of(*(part.decode() for part in match.groups()))
        parts += (document[end : match.start()], _encode(open_token(token)))
        end = match.end()
    return b"".join((*parts, document[end:]))


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


def _walked(value: Any, open_token: Callable[[Token], str | None]) -> Any:
    if isinstance(value, str):
        match = TOKEN.fullmatch(value)
        return open_token(token_of(*match.groups())) if match else value
    if isinstance(value, dict):
        return {name: _walked(each, open_token) for name, each in value.items()}
    if isinstance(value, list):
        return [_walked(each, open_token) for each in value]
    if isinstance(value, tuple):
        return tuple(_walked(each, open_token) for each in value)
    if isinstance(value, msgspec.Struct):
        fields = {name: _walked(getattr(value, name), open_token) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **fields)
    return value

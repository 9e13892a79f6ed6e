"""Docstrings in generated documents: the same text on every Python."""

import inspect
from typing import Any


def flush_left(document: Any) -> Any:
    """The document with every description laid out flush left, as Python 3.13 has docstrings and earlier
    ones do not.
    """
    if isinstance(document, dict):
        return {
            name: inspect.cleandoc(part)
            if name == "description" and isinstance(part, str)
            else flush_left(part)
            for name, part in document.items()  # type: ignore[misc]
        }
    if isinstance(document, list | tuple):
        return [flush_left(part) for part in document]  # type: ignore[misc]
    return document

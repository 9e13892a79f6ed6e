"""Docstrings in generated documents: those below fields, and the same text on every Python."""

import ast
import inspect
import sys
from functools import cache
from itertools import pairwise
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


def field_docstrings(kind: type) -> dict[str, str]:
    """The docstring below each field of a class, those of its bases included, each on one line."""
    texts: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base.__module__ != "builtins" and base.__module__ in sys.modules:
            texts |= _docstrings_in_module(base.__module__).get(base.__qualname__, {})
    return texts


@cache
def _docstrings_in_module(module: str) -> dict[str, dict[str, str]]:
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (OSError, TypeError):  # A module without Python source.
        return {}
    return {node.name: _docstrings_in(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def _docstrings_in(node: ast.ClassDef) -> dict[str, str]:
    return {
        field.target.id: " ".join(text.value.value.split())
        for field, text in pairwise(node.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }

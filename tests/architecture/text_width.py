"""What keeps text readable: lines of at most 110 columns, names of tests of at most 80 characters."""

import ast
from collections.abc import Iterable, Iterator

COLUMNS_MAX = 110
TEST_NAME_MAX = 80


def long_lines(texts: Iterable[tuple[str, str]]) -> list[str]:
    """`file:line` of prose that is too wide: Markdown outside of tables and code, and SQL."""
    return [
        f"{path}:{number}"
        for path, text in texts
        for number, line in _prose(path, text)
        if len(line) > COLUMNS_MAX
    ]


def _prose(path: str, text: str) -> Iterator[tuple[int, str]]:
    in_code = False
    for number, line in enumerate(text.splitlines(), start=1):
        if path.endswith(".md"):
            in_code ^= line.lstrip().startswith("```")
            if in_code or line.startswith(("|", "    ")):
                continue
        yield number, line


def long_test_names(texts: Iterable[tuple[str, str]]) -> list[str]:
    """Tests whose names nobody reads to the end."""
    return [
        f"{path}: {node.name}"
        for path, text in texts
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and len(node.name) > TEST_NAME_MAX
    ]

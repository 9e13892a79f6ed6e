"""The programs of docs/consumers.md, as they stand there."""

import re
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs/consumers.md"


def programs(section: str, language: str) -> list[str]:
    """The pieces of code below a heading, in a language."""
    _, found, rest = DOCUMENT.read_text().partition(f"\n### {section}\n")
    assert found, f"docs/consumers.md has no section {section!r}"
    return re.findall(rf"```{language}\n(.*?)```", rest.partition("\n### ")[0], re.DOTALL)

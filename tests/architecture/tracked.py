"""The files that git knows, and what must not stand in them."""

import re
import subprocess
from collections.abc import Iterable

import pytest

from tests.architecture.planting import ROOT

# The parts are joined here, so that this file does not name what it forbids.
_REGISTRIES = (
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("registry.npmjs", "org"),
    ("npmjs", "com"),
    ("deb.debian", "org"),
    ("crates", "io"),
    ("ghcr", "io"),
    ("docker", "io"),
    ("quay", "io"),
)
_FOLDERS = ("work", "root", "home", "tmp/lab", "opt/wheels", "opt/pypi", "Users")
FORBIDDEN = {
    "a registry's address": re.compile("|".join(re.escape(".".join(parts)) for parts in _REGISTRIES)),
    "a path of one machine": re.compile(r"(?<![\w.~{}$)*-])/(?:" + "|".join(_FOLDERS) + r")/"),
}


def tracked_files() -> list[str]:
    """Paths of all files that git tracks; skips the test where there is no git to ask."""
    try:
        listing = subprocess.run(
            ["git", "ls-files", "-z"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout, or git is not installed")
    return sorted(path for path in listing.stdout.split("\0") if path and (ROOT / path).is_file())


def forbidden_text(named_texts: Iterable[tuple[str, str]]) -> list[str]:
    """Every line of the texts that names a registry or a path of one machine."""
    return [
        f"{name}:{number} names {what}: {line.strip()[:120]}"
        for name, text in named_texts
        for what, pattern in FORBIDDEN.items()
        if pattern.search(text)
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]

"""The files of the app as they are served: each with its type, read and compressed once. Scripts go without
comments and indentation.

Their version is the digest of all of them. It stands in their addresses, so that browsers may keep them for
ever; the page itself names the newest.
"""

import gzip
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

FOLDER: Final = Path(__file__).parent / "static"
TYPES: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
PAGE: Final = "index.html"
#: A comment that has its lines for itself, in one that is written as this app's scripts are.
_COMMENT: Final = re.compile(r"^[ ]*(?://.*|/\*(?:(?!\*/)[\s\S])*\*/[ ]*)$", re.MULTILINE)
_INDENTATION: Final = re.compile(r"^[ ]+", re.MULTILINE)
SERVICE_WORKER: Final = "service-worker.js"


class AppFile(NamedTuple):
    """A file with its media type, as it is and compressed by gzip."""

    content: bytes
    gzipped: bytes
    media_type: str


@cache
def app_files() -> dict[str, AppFile]:
    """What is served below the version, by path."""
    return {
        path: _file(path, content)
        for path, content in _contents().items()
        if path not in (PAGE, SERVICE_WORKER)
    }


@cache
def version() -> str:
    """The digest of all files, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for path, content in _contents().items():
        digest.update(f"{path}\n{len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def page(nonce: str) -> bytes:
    """The HTML document that loads the app; its script runs under this nonce."""
    return _page().replace("{nonce}", nonce).encode()


@cache
def service_worker() -> AppFile:
    """The script that keeps the app in the browser."""
    files = [f"/assets/{version()}/{path}" for path in app_files() if not path.endswith((".LICENSE", ".md"))]
    script = _contents()[SERVICE_WORKER].decode()
    return _file(
        SERVICE_WORKER,
        script.replace("{version}", version()).replace('"{files}"', json.dumps(files)).encode(),
    )


@cache
def _page() -> str:
    scripts = [f"js/{path.name}" for path in sorted((FOLDER / "js").glob("*.js"))]
    preloads = "\n".join(
        f'<link rel="modulepreload" nonce="{{nonce}}" href="/assets/{version()}/{path}">'
        for path in (*scripts, "vendor/htm-preact.js")
    )
    return _contents()[PAGE].decode().replace("{preloads}", preloads).replace("{version}", version())


@cache
def _contents() -> dict[str, bytes]:
    found = sorted(path for path in FOLDER.rglob("*") if path.is_file())
    return {name: _served(name, path) for path in found for name in [path.relative_to(FOLDER).as_posix()]}


def _served(name: str, path: Path) -> bytes:
    """The content that is served: a script goes without comments and indentation; its lines stay lines."""
    if not name.endswith(".js") or name.startswith("vendor/"):
        return path.read_bytes()
    script = _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), path.read_text(encoding="utf-8"))
    return _INDENTATION.sub("", script).encode()


def _file(path: str, content: bytes) -> AppFile:
    media_type = TYPES.get(Path(path).suffix, "text/plain")
    return AppFile(content, gzip.compress(content, 9, mtime=0), media_type)

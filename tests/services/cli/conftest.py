"""The command line on the servers of a test."""

import pytest

from infra.settings import Settings
from tests.services.cli.calling import Call, calling


@pytest.fixture
def call(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs a command line in this process."""
    return calling(settings, monkeypatch, capsys)

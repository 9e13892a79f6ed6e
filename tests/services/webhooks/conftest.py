"""Webhooks on the servers of a test."""

import pytest

from infra.settings import Settings
from tests.services.webhooks.builders import prepared, quick


@pytest.fixture
def house(settings: Settings) -> Settings:
    """Settings with which retries are quick, on a database with every table."""
    return prepared(quick(settings))

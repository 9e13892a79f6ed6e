"""Reactions on the servers of a test."""

import pytest

from infra.settings import Settings
from tests.services.reactions.builders import house_of


@pytest.fixture
def context(settings: Settings):
    with house_of(settings) as context:
        yield context

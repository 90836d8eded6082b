"""What a recipe grows does not depend on how many devices it is spread over."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def _on_one_device(one_device):
    return one_device

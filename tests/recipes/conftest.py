"""What a recipe grows does not depend on how many devices it is spread over, nor on when its
program was compiled.
"""

import pytest


@pytest.fixture(scope="module", autouse=True)
def _on_one_device(one_device):
    return one_device


@pytest.fixture(scope="module", autouse=True)
def _compiled_once(compiled_once):
    return compiled_once


@pytest.fixture(scope="module", autouse=True)
def _kept_nurseries(kept_nurseries):
    return kept_nurseries

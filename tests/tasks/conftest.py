"""Shared by the tests of the policies and of the questions on them."""

import pytest

from helpers.tasks import policies


@pytest.fixture(scope="session")
def documents():
    return {policy.id: policy for policy in policies.load_policies()}

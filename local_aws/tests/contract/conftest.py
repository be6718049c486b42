"""One control plane for all tests of the control plane; each test has stacks of its own in it."""

from collections.abc import Iterator

import pytest
from local_aws_testing.control_plane import ControlPlane, running_control_plane


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    with running_control_plane() as control_plane:
        yield control_plane

"""SageMaker's rules about starting and updating endpoints: how long it waits, and what it refuses."""

from __future__ import annotations

BUSY_STATUSES = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")
"""Statuses in which SageMaker accepts no change to an endpoint (DescribeEndpoint, EndpointStatus)."""

FAILED_STATUS = "Failed"
"""A status that an endpoint can only be deleted from."""

SHORTEST_START_SECONDS = 60
LONGEST_START_SECONDS = 3600
"""Limits of the wait for a download, and again for a container's start (CreateEndpointConfig,
ModelDataDownloadTimeoutInSeconds and ContainerStartupHealthCheckTimeoutInSeconds)."""

DEFAULT_UPDATE_SECONDS = 4 * 3600
LONGEST_UPDATE_SECONDS = 8 * 3600
"""Limit of an update, after which SageMaker rolls it back, where a config sets none, and the most that it can set
(DeploymentConfig, MaximumExecutionTimeoutInSeconds)."""


def blocks_change(status: str, *, changes: bool) -> bool:
    """Whether an endpoint with this status keeps a deploy from succeeding; a busy one only if something changes."""
    return status == FAILED_STATUS or (changes and status in BUSY_STATUSES)


def refuses_instance_type(before: str, after: str, *, scaled: bool) -> bool:
    """Whether SageMaker refuses to change a variant's instance type: it does while Application Auto Scaling has a
    target for the variant (UpdateEndpoint, and "Delete or update endpoint variants that use automatic scaling")."""
    return scaled and before != after

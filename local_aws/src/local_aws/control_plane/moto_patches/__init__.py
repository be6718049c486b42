"""Patches of moto 5.2.5, one module a service. Each names the behavior of moto that it replaces."""

from typing import Any

from . import (
    api_gateway,
    cloudtrail,
    cloudwatch,
    dispatch,
    ec2,
    iam,
    lambda_account,
    lambda_functions,
    metric_percentiles,
    s3,
    s3_parts,
    sagemaker,
    scaling,
    service_quotas,
    sts,
)


def install(cloudformation_api: Any) -> None:
    """Apply every patch. Must run before moto's first request, since moto binds its routes then."""
    from moto.cloudformation import urls

    # moto's own CloudFormation is replaced whole. Among what it does: it skips resource types that it does not know,
    # keeps change-set names per region instead of per stack, answers 500 to DeleteChangeSet of an absent name, gives no
    # outputs and exports to stacks made by a change set, looks up SSM parameters twice with UsePreviousValue, leaves a
    # half stack that breaks DescribeStacks when a create fails, re-creates deleted resources when outputs are read,
    # takes the bucket "127" out of the template URL http://127.0.0.1/..., and gives no events of resources.
    urls.url_paths["{0}/$"] = cloudformation_api.dispatch
    for service in (
        api_gateway,
        cloudtrail,
        cloudwatch,
        dispatch,
        ec2,
        iam,
        lambda_account,
        lambda_functions,
        metric_percentiles,
        s3,
        s3_parts,
        sagemaker,
        scaling,
        service_quotas,
        sts,
    ):
        service.install()

"""One adapter per CloudFormation resource type. A type without an adapter is an error, never a skip."""

from collections.abc import Mapping

from . import (
    api_gateway,
    api_gateway_access,
    api_gateway_stages,
    cdk,
    ec2,
    ec2_security,
    ecr,
    iam,
    kms,
    lambda_functions,
    logs,
    monitoring,
    protection,
    s3,
    sagemaker,
    scaling,
    ssm,
)
from .base import Adapter

_MODULES = (
    api_gateway,
    api_gateway_access,
    api_gateway_stages,
    cdk,
    ec2,
    ec2_security,
    ecr,
    iam,
    kms,
    lambda_functions,
    logs,
    monitoring,
    protection,
    s3,
    sagemaker,
    scaling,
    ssm,
)

ADAPTERS: Mapping[str, Adapter] = {adapter.resource_type: adapter for module in _MODULES for adapter in module.ADAPTERS}

"""A custom domain name for the API."""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct


class ApiDomain(Construct):
    """A Regional domain name that leads to one stage, over TLS 1.2 or later.

    Its DNS record is the owner's to make: an alias or CNAME to `target`.

    Args:
        domain_name: such as falcon.example.com.
        certificate_arn: a certificate of AWS Certificate Manager for it, in the API's region.
        stage: where its root leads to.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        domain_name: str,
        certificate_arn: str,
        stage: apigateway.Stage,
    ) -> None:
        super().__init__(scope, construct_id)
        domain = apigateway.CfnDomainName(
            self,
            "DomainName",
            domain_name=domain_name,
            regional_certificate_arn=certificate_arn,
            endpoint_configuration=apigateway.CfnDomainName.EndpointConfigurationProperty(types=["REGIONAL"]),
            security_policy="TLS_1_2",
        )
        apigateway.CfnBasePathMapping(
            self, "Mapping", domain_name=domain.ref, rest_api_id=stage.rest_api.rest_api_id, stage=stage.stage_name
        )
        self.target = domain.attr_regional_domain_name

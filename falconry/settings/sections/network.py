"""The section `network`: where models and gateway function run."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from falconry.settings.checks import mistake, reject_duplicates
from falconry.settings.section import Section


class ExistingVpcSettings(Section):
    """An existing VPC, with private DNS for interface endpoints."""

    vpc_id: Annotated[str, Field(pattern=r"^vpc-[0-9a-f]{8,17}$")] = Field(
        description="ID of the VPC: `vpc-` and 8 or 17 hex digits."
    )
    subnet_ids: tuple[Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")], ...] = Field(
        min_length=2,
        max_length=16,
        description="IDs of two or more subnets in different Availability Zones (`subnet-` and hex digits).",
        json_schema_extra={"uniqueItems": True},
    )
    create_endpoints: bool = Field(
        default=True,
        description="Whether to create the VPC endpoints. Set to false if the VPC already has endpoints for "
        "S3 and the SageMaker runtime.",
    )
    route_table_ids: tuple[Annotated[str, Field(pattern=r"^rtb-[0-9a-f]{8,17}$")], ...] = Field(
        default=(), description="IDs of the subnets' route tables, for the S3 gateway endpoint (`rtb-` and hex digits)."
    )

    @field_validator("subnet_ids")
    @classmethod
    def _subnets_differ(cls, ids: tuple[str, ...]) -> tuple[str, ...]:
        reject_duplicates(ids, "subnet")
        return ids

    @model_validator(mode="after")
    def _routes_for_s3(self) -> Self:
        if self.create_endpoints and not self.route_table_ids:
            raise mistake(
                "is required for the S3 gateway endpoint. List the subnets' route tables, or set "
                "`create_endpoints: false` if the VPC already has its endpoints.",
                field="route_table_ids",
            )
        return self


class Network(Section):
    """The network of models and gateway function: subnets without a route to the internet, or an existing VPC."""

    cidr: str = Field(
        default="10.0.0.0/16",
        description="IPv4 range of the new VPC: a private range of /16 to /24.",
        json_schema_extra={"pattern": r"^(\d{1,3}\.){3}\d{1,3}/(1[6-9]|2[0-4])$"},
    )
    zones: int = Field(default=2, ge=2, le=3, description="Number of Availability Zones, 2 or 3.")
    zone_names: tuple[str, ...] = Field(
        default=(),
        max_length=3,
        description="Names of the Availability Zones, for an instance type that not every zone offers: "
        "`[us-east-1a, us-east-1d]`.",
        json_schema_extra={"uniqueItems": True, "not": {"minItems": 1, "maxItems": 1}},
    )
    existing: ExistingVpcSettings | None = Field(default=None, description="Use this VPC instead of creating one.")

    @field_validator("cidr")
    @classmethod
    def _private_range(cls, cidr: str) -> str:
        """A private IPv4 range that a VPC can have and split over three zones."""
        try:
            network = ipaddress.IPv4Network(cidr)
        except ValueError as error:
            raise mistake(f"{cidr!r} is not an IPv4 range ({error}). Use one like 10.0.0.0/16.") from None
        if not network.is_private or not 16 <= network.prefixlen <= 24:
            raise mistake(f"{cidr!r} is not a private range of /16 to /24. Use one like 10.0.0.0/16.")
        return cidr

    @field_validator("zone_names")
    @classmethod
    def _zones_differ(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        reject_duplicates(names, "zone")
        if len(names) == 1:
            raise mistake("SageMaker needs at least two zones. Name two or three, or leave the field out.")
        return names

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        given = self.model_fields_set - {"existing"}
        if self.existing and given:
            names = " and ".join(f"`{name}`" for name in sorted(given))
            raise mistake(
                f"an existing VPC already has its range and zones. Remove {names}, or remove `existing`.",
                field="existing",
            )
        return self

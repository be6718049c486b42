"""`falconry plan` answers without a synthesis; what it says of a config is what the config's templates hold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from falconry import settings
from falconry.assembly.cloud_assembly import CloudAssembly, read
from falconry.assembly.fleets import Fleet, fleets
from falconry.assembly.service_usage import ServiceUsage
from falconry.deployment.contents import contents
from falconry.deployment.cost import service_usage
from tests.synthesis import config_file, synthesize_file

from .matrix import MATRIX


@dataclass(frozen=True, slots=True)
class Planned:
    """One config of the matrix: what the plan reads, what it says, and the assembly."""

    config: settings.Settings
    said: dict[str, list[str]]
    assembly: CloudAssembly

    def lines(self, kind: str) -> str:
        return "\n".join(self.said[self.config.names.stack(kind)])

    def properties(self, resource_type: str) -> list[dict[str, object]]:
        return [dict(resource.get("Properties", {})) for _, _, resource in self.assembly.of_type(resource_type)]


@pytest.fixture(scope="module", params=MATRIX)
def planned(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Planned:
    folder: Path = tmp_path_factory.mktemp("plan")
    file = config_file(folder, MATRIX[request.param].first, request.param)
    config = settings.load(file)
    return Planned(config, contents(config), read(synthesize_file(file, folder / "out")))


def test_it_bills_what_the_templates_hold(planned: Planned) -> None:
    assert service_usage(planned.config) == ServiceUsage.of_assembly(planned.assembly)


def test_it_names_every_stack_but_the_one_that_a_person_deploys(planned: Planned) -> None:
    delivery = {planned.config.names.stack("delivery")}

    assert set(planned.said) == planned.assembly.stacks.keys() - delivery


def test_it_names_the_endpoints_with_their_instances(planned: Planned) -> None:
    def said(fleet: Fleet) -> str:
        count = str(fleet.most) if fleet.fewest == fleet.most else f"{fleet.fewest} to {fleet.most}"
        return f"Endpoint {fleet.name}: {count} x {fleet.instance_type}"

    found = [line for line in planned.lines("models").splitlines() if line.startswith("Endpoint ")]

    assert found == [said(fleet) for fleet in fleets(planned.assembly)]


def test_it_says_how_the_network_is_made(planned: Planned) -> None:
    said = planned.lines("network")

    assert [
        one["CidrBlock"] for one in planned.properties("AWS::EC2::VPC") if f"VPC {one['CidrBlock']}" not in said
    ] == []
    assert ("flow logs" in said) is bool(planned.properties("AWS::EC2::FlowLog"))
    assert ("VPC endpoints" in said) is bool(planned.properties("AWS::EC2::VPCEndpoint"))
    kept = [one for _, _, one in planned.assembly.of_type("AWS::KMS::Key") if one.get("DeletionPolicy") == "Retain"]
    assert ("kept on `cdk destroy`" in said) is bool(kept)


def test_it_says_who_may_call(planned: Planned) -> None:
    said = planned.lines("api")
    (api,) = planned.properties("AWS::ApiGateway::RestApi")
    (chat,) = [one for one in planned.properties("AWS::Lambda::Function") if "ReservedConcurrentExecutions" in one]

    assert ("only through VPC endpoints" in said) is ("PRIVATE" in str(api["EndpointConfiguration"]))
    assert ("Web ACL: " in said) is bool(planned.properties("AWS::WAFv2::WebACL"))
    assert ("Domain " in said) is bool(planned.properties("AWS::ApiGateway::DomainName"))
    assert ("keys for " in said) is bool(planned.properties("AWS::ApiGateway::ApiKey"))
    assert f"{chat['ReservedConcurrentExecutions']} concurrent requests (reserved)" in said
    assert ("traces in X-Ray" in said) is ("TracingConfig" in chat)
    (stage,) = planned.properties("AWS::ApiGateway::Stage")
    assert ("traces in X-Ray" in said) is bool(stage.get("TracingEnabled"))
    groups = planned.properties("AWS::Logs::LogGroup")
    assert {one["RetentionInDays"] for one in groups} == {planned.config.log_retention_days}
    assert f"Logs for {planned.config.log_retention_days} days" in said


def test_it_says_who_is_notified(planned: Planned) -> None:
    said = planned.lines("operations")
    addresses = {str(one["Endpoint"]) for one in planned.properties("AWS::SNS::Subscription")}

    assert [address for address in addresses if address not in said] == []
    assert ("names no address" in said) is (not addresses)
    assert ("Budget of" in said) is bool(planned.properties("AWS::Budgets::Budget"))

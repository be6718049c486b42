"""The methods of an assembly's API: routes and required credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from falconry.assembly.cloud_assembly import CloudAssembly, Resource

PAGE_HANDLER = "static_page.handler.handler"
"""The handler of a function that only serves everyone the same document."""

PREFLIGHT = "OPTIONS"
"""The method of a browser's preflight request, which has no credentials and gets no content."""


@dataclass(frozen=True, slots=True)
class Method:
    """One method of the API. `route` is "POST /v1/chat/completions"; `page`: whether it serves a page to everyone."""

    route: str
    mode: tuple[str, bool]
    page: bool

    @property
    def open(self) -> bool:
        return self.mode == ("NONE", False) and not self.route.startswith(PREFLIGHT)


def methods(assembly: CloudAssembly) -> Mapping[tuple[str, str], Method]:
    """(stack, logical id) to method."""
    found = {}
    for stack, logical_id, resource in assembly.of_type("AWS::ApiGateway::Method"):
        properties = resource["Properties"]
        mode = (properties.get("AuthorizationType", "NONE"), bool(properties.get("ApiKeyRequired")))
        route = f"{properties['HttpMethod']} {_route(stack.resources, properties['ResourceId'])}"
        page = _function(stack.resources, properties).get("Handler") == PAGE_HANDLER
        found[stack.name, logical_id] = Method(route, mode, page)
    return found


def _function(resources: Mapping[str, Resource], method: Mapping[str, Any]) -> Mapping[str, Any]:
    """The properties of the Lambda function that a method calls; empty if it is not in the stack."""
    uri = method.get("Integration", {}).get("Uri")
    parts = uri.get("Fn::Join", ["", []])[1] if isinstance(uri, dict) else []
    names = [part["Fn::GetAtt"][0] for part in parts if isinstance(part, dict) and "Fn::GetAtt" in part]
    found = [resources[name] for name in names if name in resources]
    return next((one["Properties"] for one in found if one["Type"] == "AWS::Lambda::Function"), {})


def _route(resources: Mapping[str, Resource], reference: Any) -> str:
    """The path of an AWS::ApiGateway::Resource, by its parents."""
    parts: list[str] = []
    while isinstance(reference, dict) and reference.get("Ref") in resources:
        properties = resources[reference["Ref"]]["Properties"]
        parts.insert(0, str(properties.get("PathPart", "")))
        reference = properties.get("ParentId")
    return "/" + "/".join(parts)

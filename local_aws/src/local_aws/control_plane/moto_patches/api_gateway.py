"""API Gateway."""

from collections.abc import Callable
from typing import Any

from moto.apigateway.models import APIGatewayBackend, Authorizer, Integration, RestAPI, Stage
from moto.apigateway.responses import APIGatewayResponse

from .patching import replace

# Members that moto's objects do not have; requests keep them in an attribute of this name and answers give them back.
_EXTRA = "kept_members"


def keep(target: Any, **members: Any) -> None:
    """Remembers members of a request that moto's object has no place for."""
    kept: dict[str, Any] = target.__dict__.setdefault(_EXTRA, {})
    kept.update(members)


def _with_kept(original: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    def answer(self: Any) -> dict[str, Any]:
        kept = {name: value for name, value in self.__dict__.get(_EXTRA, {}).items() if value is not None}
        return original(self) | kept

    return answer


def install() -> None:
    for kind, method in (
        (Authorizer, "to_json"),
        (Integration, "to_json"),
        (RestAPI, "to_dict"),
        (Stage, "to_json"),
    ):
        replace(kind, method, _with_kept(getattr(kind, method)))

    put_in_backend = APIGatewayBackend.put_integration

    def put_integration_of_any_type(self: APIGatewayBackend, *positional: Any, **named: Any) -> Integration:
        # Importing an OpenAPI document, moto leaves out what a MOCK integration does not have, and then misses it.
        given = {"uri": None, "integration_method": None} | named if not positional else named
        integration: Integration = put_in_backend(self, *positional, **given)
        return integration

    replace(APIGatewayBackend, "put_integration", put_integration_of_any_type)
    put_integration = APIGatewayResponse.put_integration

    def put_whole_integration(self: APIGatewayResponse) -> Any:
        # moto drops responseTransferMode, cacheKeyParameters and connectionId.
        answer = put_integration(self)
        _, _, api_id, _, resource_id, _, method, *_ = self.path.split("/")
        integration = self.backend.get_integration(api_id, resource_id, method)
        if integration is not None:
            integration.cache_key_parameters = self._get_param("cacheKeyParameters") or []
            keep(
                integration,
                responseTransferMode=self._get_param("responseTransferMode") or "BUFFERED",
                connectionId=self._get_param("connectionId"),
            )
        return answer

    replace(APIGatewayResponse, "put_integration", put_whole_integration)

"""Request validators: required parameters and the body's model."""

import json

import jsonschema

from local_aws.data_plane.api_gateway.context import RequestContext
from local_aws.data_plane.api_gateway.definition import Method
from local_aws.data_plane.api_gateway.errors import GatewayError


def validate(method: Method, context: RequestContext) -> None:
    """Raises GatewayError (BAD_REQUEST_PARAMETERS, BAD_REQUEST_BODY) if the method's validator finds something."""
    validator = context.api.validators.get(method.validator_id or "")
    if validator is None:
        return
    if validator.parameters:
        missing = [name for name in method.required_parameters if not _present(name, context)]
        if missing:
            names = ", ".join(name.rpartition(".")[2] for name in missing)
            message = f"Missing required request parameters: [{names}]"
            raise GatewayError("BAD_REQUEST_PARAMETERS", message, message=message)
    if validator.body:
        _validate_body(method, context)


def _present(parameter: str, context: RequestContext) -> bool:
    """`parameter` is method.request.{header,querystring,path}.NAME."""
    _, _, place, name = parameter.split(".", 3)
    if place == "header":
        return bool(context.header(name))
    if place == "querystring":
        return bool(dict(context.query).get(name))
    return context.route is not None and bool(context.route.path_parameters.get(name))


def _validate_body(method: Method, context: RequestContext) -> None:
    media_type = (context.header("content-type") or "application/json").partition(";")[0].strip().lower()
    model = method.model_names.get(media_type)
    if model is None or model not in context.api.models:
        return
    try:
        body = json.loads(context.body)
        jsonschema.Draft4Validator(json.loads(context.api.models[model])).validate(body)
    except ValueError as error:
        raise GatewayError("BAD_REQUEST_BODY", "the body is not JSON") from error
    except jsonschema.ValidationError as error:
        context.errors["validationErrorString"] = f"[{error.message}]"
        raise GatewayError("BAD_REQUEST_BODY", error.message) from error

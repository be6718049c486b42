"""Lambda's own Invoke call over HTTP, as boto3's `lambda` client makes it."""

import re
from urllib.parse import parse_qs, unquote

from local_aws.data_plane.api_gateway.definition import FunctionTarget, UnsupportedDefinitionError, parse_function_arn
from local_aws.data_plane.http_messages import BodyTooLargeError, Request, Response
from local_aws.data_plane.lambda_service.invocation import FunctionError, InvocationRefusedError
from local_aws.data_plane.lambda_service.service import LambdaService

_ROUTE = re.compile(r"^/2015-03-31/functions/(?P<name>[^/]+)/invocations$")
_STATUS = {"TooManyRequestsException": 429, "ResourceNotFoundException": 404, "RequestTooLargeException": 413}


class InvokeApi:
    """Answers `Invoke` with invocation type RequestResponse."""

    def __init__(self, functions: LambdaService, request_bytes: int) -> None:
        self._functions = functions
        self._request_bytes = request_bytes

    @staticmethod
    def function_of(request: Request) -> str | None:
        """The function's name or ARN if the request is a call of Invoke."""
        match = _ROUTE.match(request.path) if request.method == "POST" else None
        return unquote(match["name"]) if match is not None else None

    async def handle(self, function: str, request: Request, response: Response) -> None:
        headers = [("Content-Type", "application/json")]
        try:
            target = _target(function, parse_qs(request.query).get("Qualifier", [None])[0])
            if (request.header("x-amz-invocation-type") or "RequestResponse") != "RequestResponse":
                raise InvocationRefusedError(
                    "InvalidParameterValueException", "this emulation runs the invocation type RequestResponse"
                )
            payload = await request.read(self._request_bytes)
            body = await self._functions.call(target, payload or b"{}")
        except FunctionError as error:
            await response.send(200, [*headers, ("X-Amz-Function-Error", "Unhandled")], error.payload)
        except BodyTooLargeError:
            await self._refuse(
                response,
                InvocationRefusedError(
                    "RequestTooLargeException", f"the payload has more than {self._request_bytes} bytes"
                ),
            )
        except UnsupportedDefinitionError as error:
            await self._refuse(response, InvocationRefusedError("InvalidParameterValueException", str(error)))
        except InvocationRefusedError as error:
            await self._refuse(response, error)
        else:
            await response.send(200, [*headers, ("X-Amz-Executed-Version", "$LATEST")], body)

    async def _refuse(self, response: Response, error: InvocationRefusedError) -> None:
        message = str(error).replace("\\", "\\\\").replace('"', '\\"')
        headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", error.code)]
        await response.send(_STATUS.get(error.code, 400), headers, f'{{"Type":"User","Message":"{message}"}}'.encode())


def _target(name: str, qualifier: str | None) -> FunctionTarget:
    """From a function's name, `name:qualifier` or ARN."""
    if name.startswith("arn:"):
        target = parse_function_arn(name)
        name, qualifier = target.name, qualifier or target.qualifier
    elif ":" in name:
        name, _, own = name.partition(":")
        qualifier = qualifier or own
    return FunctionTarget(name, None if qualifier == "$LATEST" else qualifier)

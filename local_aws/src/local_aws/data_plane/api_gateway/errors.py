"""Errors of API Gateway itself, one row a gateway response type."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ErrorType:
    """Status and message when nothing is customised, and the x-amzn-ErrorType header."""

    status: int
    message: str | None
    exception: str


# "Gateway response types for API Gateway" in the developer guide; messages and exception names as the service sends
# them.
ERROR_TYPES = {
    "ACCESS_DENIED": ErrorType(403, "User is not authorized to access this resource", "AccessDeniedException"),
    "API_CONFIGURATION_ERROR": ErrorType(500, "Internal server error", "InternalServerErrorException"),
    "AUTHORIZER_CONFIGURATION_ERROR": ErrorType(500, None, "AuthorizerConfigurationException"),
    "AUTHORIZER_FAILURE": ErrorType(500, None, "AuthorizerConfigurationException"),
    "BAD_REQUEST_BODY": ErrorType(400, "Invalid request body", "BadRequestException"),
    "BAD_REQUEST_PARAMETERS": ErrorType(400, "Missing required request parameters", "BadRequestException"),
    "DEFAULT_4XX": ErrorType(400, "Bad Request", "BadRequestException"),
    "DEFAULT_5XX": ErrorType(500, "Internal server error", "InternalServerErrorException"),
    "INTEGRATION_FAILURE": ErrorType(504, "Internal server error", "InternalServerErrorException"),
    "INTEGRATION_TIMEOUT": ErrorType(504, "Endpoint request timed out", "InternalServerErrorException"),
    "INVALID_API_KEY": ErrorType(403, "Forbidden", "ForbiddenException"),
    "INVALID_SIGNATURE": ErrorType(403, None, "InvalidSignatureException"),
    "MISSING_AUTHENTICATION_TOKEN": ErrorType(
        403, "Missing Authentication Token", "MissingAuthenticationTokenException"
    ),
    "QUOTA_EXCEEDED": ErrorType(429, "Limit Exceeded", "LimitExceededException"),
    "REQUEST_TOO_LARGE": ErrorType(413, "Request Too Long", "RequestTooLargeException"),
    "THROTTLED": ErrorType(429, "Too Many Requests", "TooManyRequestsException"),
    "UNAUTHORIZED": ErrorType(401, "Unauthorized", "UnauthorizedException"),
    "UNSUPPORTED_MEDIA_TYPE": ErrorType(415, "Unsupported Media Type", "BadRequestException"),
}


class GatewayError(Exception):
    """A request ends with a gateway response. `reason` goes to the data plane's log, never to the client."""

    def __init__(
        self, response_type: str, reason: str, *, message: str | None = None, status: int | None = None
    ) -> None:
        super().__init__(f"{response_type}: {reason}")
        row = ERROR_TYPES[response_type]
        self.response_type = response_type
        self.reason = reason
        self.message = row.message if message is None else message
        self.status = status or row.status
        self.exception = row.exception

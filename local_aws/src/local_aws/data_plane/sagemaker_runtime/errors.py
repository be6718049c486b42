"""SageMaker runtime's errors, in the words of the service and the form that botocore parses."""

import json

from local_aws.data_plane.sagemaker_runtime.endpoint import Endpoint


class ServiceError(Exception):
    """An error answer: HTTP status, the error's name and the members of its JSON body."""

    def __init__(self, status: int, name: str, **members: str | int) -> None:
        super().__init__(f"{name}: {members.get('Message')}")
        self.status = status
        self.name = name
        self.members = members

    def body(self) -> bytes:
        return json.dumps(self.members).encode()


def validation_error(message: str) -> ServiceError:
    return ServiceError(400, "ValidationError", Message=message)


def endpoint_not_found(name: str, account_id: str) -> ServiceError:
    return validation_error(f"Endpoint {name} of account {account_id} not found.")


def endpoint_not_in_service(endpoint: Endpoint) -> ServiceError:
    return validation_error(
        f"Endpoint {endpoint.name} of account {endpoint.arn.split(':')[4]} is not in service:"
        f" its status is {endpoint.status}."
    )


def component_needed() -> ServiceError:
    return validation_error("Inference Component Name header is required for endpoints that have inference components.")


def component_not_allowed() -> ServiceError:
    return validation_error(
        "Inference Component Name header is not allowed for endpoints without inference components."
    )


def component_not_found(name: str) -> ServiceError:
    return validation_error(f"Inference Component {name} not found.")


def no_capacity() -> ServiceError:
    """What a call of a component without a copy gets."""
    return validation_error(
        "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress "
        "(if configured) or try to increase the capacity by invoking UpdateInferenceComponentRuntimeConfig API."
    )


def too_large(limit: int) -> ServiceError:
    return ServiceError(413, "RequestEntityTooLarge", Message=f"HTTP content length exceeded {limit} bytes.")


def model_error(endpoint: Endpoint, status: int, answer: str) -> ServiceError:
    """What the service makes of a container's 4xx or 5xx. Status 0: it did not answer in time, or broke off."""
    region, account = endpoint.arn.split(":")[3:5]
    group = f"/aws/sagemaker/Endpoints/{endpoint.name}"
    party = "client" if 400 <= status < 500 else "server"
    message = (
        f'Received {party} error ({status}) from primary with message "{answer}". See '
        f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logEventViewer:group={group} "
        f"in account {account} for more information."
    )
    return ServiceError(
        424,
        "ModelError",
        ErrorCode=f"{party.upper()}_ERROR_FROM_MODEL",
        LogStreamArn=f"arn:aws:logs:{region}:{account}:log-group:{group}",
        Message=message,
        OriginalMessage=answer,
        OriginalStatusCode=status,
    )


TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. "
    "Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
)
STREAM_TIMED_OUT = "Your model primary did not complete sending the inference response in the allotted time."
STREAM_BROKEN = "Your model primary closed the connection before it completed sending the inference response."

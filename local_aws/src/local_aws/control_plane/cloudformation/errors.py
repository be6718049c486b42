"""Errors of the CloudFormation API, in the words that the AWS CDK CLI and boto3 look for."""

from moto.core.exceptions import ServiceException


class ValidationError(ServiceException):
    """A request that CloudFormation refuses (HTTP 400, code `ValidationError`)."""

    code = "ValidationError"


class TemplateError(ValidationError):
    """A template that cannot be read or resolved."""


class StackNotFoundError(ValidationError):
    """The CDK CLI recognises an absent stack by the words `does not exist`."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Stack with id {name} does not exist")


class ChangeSetNotFoundError(ServiceException):
    code = "ChangeSetNotFound"

    def __init__(self, name: str) -> None:
        super().__init__(f"ChangeSet [{name}] does not exist")


class AlreadyExistsError(ServiceException):
    code = "AlreadyExistsException"

    def __init__(self, name: str) -> None:
        super().__init__(f"Stack [{name}] already exists")


class ResourceFailureError(Exception):
    """A resource could not be created, updated or deleted; the text becomes the reason of its stack event."""

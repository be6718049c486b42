"""What the commands say when AWS refuses a call: the reason, and the permission that it lacked."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from falconry.aws_errors import missing_action, translate_aws_errors
from falconry.errors import CommandError


def refused(operation: str, message: str = "no", code: str = "AccessDenied") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (
            refused("Anything", "User: arn:aws:sts::1:x is not authorized to perform: sagemaker:CreateModel on *"),
            "sagemaker:CreateModel",
        ),
        (refused("ListObjectsV2"), "s3:ListBucket"),
        (refused("HeadObject"), "s3:GetObject"),
        (refused("DescribeSubnets"), "ec2:DescribeSubnets"),
        (refused("GetApiKey"), "apigateway:GET"),
        (refused("SomethingElse"), "SomethingElse"),
    ],
)
def test_the_missing_action_is_what_the_message_names_or_what_the_operation_takes(
    error: ClientError, action: str
) -> None:
    assert missing_action(error) == action


@pytest.mark.parametrize(
    ("error", "fixes", "said"),
    [
        (refused("UploadPart"), {}, "copying: AccessDenied: no. The caller needs permission for s3:PutObject."),
        (refused("UploadPart"), {"AccessDenied": "Ask the owner."}, "copying: AccessDenied: no. Ask the owner."),
        (refused("GetObject", "gone.", "NoSuchKey"), {}, "copying: NoSuchKey: gone."),
        (NoCredentialsError(), {}, "copying: no AWS credentials were found. Set AWS_PROFILE"),
    ],
)
def test_an_error_of_aws_becomes_a_sentence(error: Exception, fixes: dict[str, str], said: str) -> None:
    with pytest.raises(CommandError) as caught, translate_aws_errors("copying", fixes):
        raise error

    assert str(caught.value).startswith(said)

"""What boto3 raises, as sentences for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from falconry.errors import CommandError


@contextmanager
def explained(what: str, mends: Mapping[str, str] | None = None) -> Iterator[None]:
    """Turns boto3's errors into CommandError: "WHAT: the reason. The mend."

    Args:
        what: what was being done, such as "reading the keys".
        mends: by error code ("ParameterNotFound"): what to do about it, a whole sentence.
    """
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    try:
        yield
    except NoCredentialsError:
        raise CommandError(
            f"{what}: there are no AWS credentials. Set AWS_PROFILE, or log in: aws sso login. "
            "For the emulated AWS: --local."
        ) from None
    except ClientError as error:
        code = error.response["Error"]["Code"]
        mend = (mends or {}).get(code, "")
        if not mend and code in ("AccessDenied", "AccessDeniedException", "403"):
            mend = f"The caller needs permission for {_action(error.operation_name)}."
        message = str(error.response["Error"].get("Message") or "").rstrip(".")
        raise CommandError(f"{what}: {code}: {message}. {mend}".rstrip()) from None
    except BotoCoreError as error:
        raise CommandError(f"{what}: {error}") from None


def _action(operation: str) -> str:
    names = {"HeadObject": "GetObject", "ListObjectsV2": "ListBucket", "UploadPart": "PutObject"}
    return names.get(operation, operation)

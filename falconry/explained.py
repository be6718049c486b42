"""What went wrong at AWS while something was being done. Loads boto3's errors only where something is done."""

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

    from falconry.aws_errors import code_of, sentence

    try:
        yield
    except NoCredentialsError as error:
        raise CommandError(f"{what}: {sentence(error)}") from None
    except ClientError as error:
        code = code_of(error)
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

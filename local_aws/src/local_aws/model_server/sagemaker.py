"""The body of `/invocations` from TGI 2.4.0 on (router/src/sagemaker.rs), as far as anybody here sends one."""

from __future__ import annotations

from typing import Any

from local_aws.model_server.body import MISFIT, GenerateRequest, is_chat, read_generate
from local_aws.model_server.errors import BodyError, TemplateError
from local_aws.model_server.versions import Version

NO_VARIANT = "data did not match any variant of untagged enum SagemakerRequest"


def read_sagemaker(value: Any, body: bytes, version: Version) -> GenerateRequest:
    """The request of `value`, the JSON of `body`.

    A body of another kind gets one sentence that names no key: that is how serde reports an untagged union. A chat body
    raises TemplateError: Falcon's tokenizers have no chat template here.
    """
    try:
        return read_generate(value, body, version)
    except BodyError as error:
        if is_chat(value):
            raise TemplateError() from error
        raise BodyError(422, MISFIT + NO_VARIANT) from error

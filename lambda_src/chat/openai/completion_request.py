"""From the body of a completion request to a typed one: checked once, and never narrowed again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chat.errors import ApiError, ErrorKind
from chat.generation.choices import MOST_CHOICES
from chat.openai.completion_parameters import COMPLETION_BODY, DEFAULT_MAX_TOKENS
from chat.openai.shared_parameters import generation_parameters, includes_usage
from chat.parameters import Checked, check, check_unicode
from chat.record import Record
from chat.serving.container import GenerationParameters, ServingContainer


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionRequest:
    """A request to continue `prompts`, as far as can be said before the call.

    Of `generated` answers to each prompt, the likeliest `returned` are sent. `top_logprobs` is how many of the
    likeliest tokens stand beside each one; None: no log probabilities.
    """

    prompts: Sequence[str]
    max_tokens: int
    generated: int
    returned: int
    stream: bool
    include_usage: bool
    echo: bool
    top_logprobs: int | None
    parameters: GenerationParameters

    @property
    def choices(self) -> int:
        """How many answers are generated."""
        return len(self.prompts) * self.generated


def parse_completion_request(
    body: Mapping[str, object], container: ServingContainer, record: Record
) -> CompletionRequest:
    """The request whose body is `body`, for a model that `container` serves. Raises ApiError that names the field;
    `record` then has what was known by then."""
    given = check(COMPLETION_BODY, body, server=container)
    record.stream = stream = given.flag("stream")
    include_usage = includes_usage(given)
    prompts = _prompts(given.value("prompt"))
    returned = given.integer("n") or 1
    top = given.integer("logprobs")
    request = CompletionRequest(
        prompts=prompts,
        max_tokens=given.integer("max_tokens") or DEFAULT_MAX_TOKENS,
        generated=_generated(given, returned),
        returned=returned,
        stream=stream,
        include_usage=include_usage,
        echo=given.flag("echo"),
        top_logprobs=top,
        parameters=generation_parameters(given, top_logprobs=top or 0, top_logprobs_param="logprobs"),
    )
    record.choices = request.choices
    if top is not None and request.echo:
        raise ApiError(
            ErrorKind.UNSUPPORTED_PARAMETER,
            "logprobs with echo would need those of the prompt, which no stream of the model has. POST "
            f"/models/{container.model.name} with {container.native.prompt_details} returns them.",
            param="logprobs",
        )
    if request.choices > MOST_CHOICES:
        raise ApiError(
            ErrorKind.INVALID_VALUE,
            f"{len(prompts)} prompts with {request.generated} answers each are {request.choices} answers; a request "
            f"may ask for {MOST_CHOICES}. Send several requests.",
            param="prompt",
        )
    return request


def _prompts(value: object) -> list[str]:
    """The prompts of a request, one or several."""
    listed = value if isinstance(value, list) else [value]
    prompts: list[str] = []
    for position, prompt in enumerate(listed):
        path = f"prompt[{position}]" if isinstance(value, list) else "prompt"
        if isinstance(prompt, int | list):
            raise ApiError(
                ErrorKind.UNSUPPORTED_PARAMETER,
                f"{path} holds tokens; this API takes text only, since the model's server has no route for tokens.",
                param=path,
            )
        if not isinstance(prompt, str) or not prompt:
            raise ApiError(ErrorKind.INVALID_TYPE, f"{path} must be a non-empty string.", param=path)
        check_unicode(prompt, path)
        prompts.append(prompt)
    return prompts


def _generated(given: Checked, returned: int) -> int:
    """How many answers to generate for each prompt: `best_of`, or as many as are returned."""
    generated = given.integer("best_of") or returned
    if generated < returned:
        raise ApiError(
            ErrorKind.INVALID_VALUE,
            f"best_of is {generated}; it must not be less than n, which is {returned}.",
            param="best_of",
        )
    if generated > returned and given.flag("stream"):
        raise ApiError(
            ErrorKind.INVALID_VALUE,
            "best_of chooses among finished answers, so it cannot be greater than n when stream is true.",
            param="best_of",
        )
    return generated

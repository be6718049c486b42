"""The seam between this API and the server inside a SageMaker container.

A ServingContainer says, for one product, which features it has, how a generation becomes its payload, how its stream
becomes events, and what its errors mean. What it takes and gives is written here in words of no product.

Small values are named tuples: they are made for every token, and at a cold start a dataclass costs six times as much.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import ClassVar, NamedTuple, Protocol

from chat.deadline import Deadline
from chat.errors import ApiError, ErrorKind
from chat.features import Feature, Server
from chat.models import DeployedModel
from chat.parameters import Parameter
from chat.record import Record

IMPOSSIBLE = -9999.0
"""OpenAI's log probability for a token that could not come. (JSON has no minus infinity.)"""


class SchemaFormat(NamedTuple):
    """The answer is to be JSON that follows `schema`, which stands at `path` in the request."""

    schema: dict[str, object]
    path: str


class RegexFormat(NamedTuple):
    """The answer is to match all of the regular expression `pattern`."""

    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationParameters:
    """How to generate. None: not asked for; the default of `temperature` and `top_p` is then 1.

    What only some containers can do is there only if this one has the feature. `stops` are texts that end the answer.
    `top_logprobs` is how many of the likeliest tokens to return in each place, which the request calls
    `top_logprobs_param`.
    """

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    typical_p: float | None = None
    repetition_penalty: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logit_bias: Mapping[str, object] | None = None
    prediction: Mapping[str, object] | None = None
    seed: int | None = None
    stops: Sequence[str] = ()
    top_logprobs: int = 0
    top_logprobs_param: str = "top_logprobs"
    response_format: SchemaFormat | RegexFormat | None = None


class Final(NamedTuple):
    """What the end of a generation tells. `finish_reason` is "stop" or "length". `completion_tokens` counts the
    end-of-text token and stops too; `prompt_tokens` is None where the server does not tell it."""

    finish_reason: str
    completion_tokens: int
    prompt_tokens: int | None


class TokenProbability(NamedTuple):
    """A token that was possible in one place. `logprob` is the natural logarithm of its probability."""

    text: str
    logprob: float


class Token(NamedTuple):
    """One generated token; the last one has `final`. `text` is empty while a character is unfinished; special tokens,
    such as the end of the text, are not part of an answer.

    `top` holds the likeliest tokens in its place, the likeliest first, if the request asked for them.
    """

    text: str
    special: bool
    final: Final | None
    logprob: float = 0.0
    top: tuple[TokenProbability, ...] = ()


class KeepAlive:
    """A sign that the server still works, when no token has come for a while."""


class PromptTooLongError(ApiError):
    """The server counted the prompt and refused it before generating.

    `limit` is how many tokens the prompt may have; or, where `max_new_tokens` is the number asked for, prompt and
    answer together.
    """

    def __init__(self, message: str, *, param: str, limit: int, prompt_tokens: int, max_new_tokens: int | None) -> None:
        super().__init__(ErrorKind.CONTEXT_LENGTH_EXCEEDED, message, param=param)
        self.limit = limit
        self.prompt_tokens = prompt_tokens
        self.max_new_tokens = max_new_tokens


class NativeMode(Enum):
    """How a request of the native route is run."""

    RELAYED = auto()
    """As a stream, whose bytes the client gets."""

    ASSEMBLED = auto()
    """As a stream, of which the client gets the answer in one piece: SageMaker gives a stream more time."""

    WHOLE = auto()
    """In one piece, where the server cannot stream."""


class NativeRequest(NamedTuple):
    """A checked body of the native route: what to send, how to run it, and whether the answer has details."""

    payload: bytes
    mode: NativeMode
    details: bool = False


class NativeRoute(Protocol):
    """The server's own payload and answer, which POST /models/{model} checks and hands on.

    `body` and `parameters` are the fields of a request and of its `parameters`. `length_parameter` is the one that
    limits the answer, `prompt_details` what asks for the log probabilities of the prompt.
    """

    body: Sequence[Parameter]
    parameters: Sequence[Parameter]
    length_parameter: str
    prompt_details: str

    def request(self, body: Mapping[str, object], raw: bytes, server: Server) -> NativeRequest:
        """Check `body`, which came as the bytes `raw`. Raises ApiError."""
        ...

    def opening(self, parts: Iterable[bytes], deadline: Deadline) -> bytes:
        """The bytes of a stream up to and with its first event. Raises ApiError if that is an error, or late."""
        ...

    def assemble(
        self, parts: Iterable[bytes], request: NativeRequest, deadline: Deadline, record: Record
    ) -> list[object]:
        """The answer in one piece from its stream; at the deadline, what there is so far. Raises ApiError."""
        ...

    def schemas(self) -> Mapping[str, object]:
        """JSON schemas for the API's description: GenerateAnswer, GenerateEvent and those that they refer to."""
        ...


class ServingContainer(Protocol):
    """What the server in a SageMaker container speaks, for one deployed model.

    `name` is how a deployment and the log name the product, `product_name` how its publisher does. `first_versions`
    has the first version with each feature; a feature that is not in it was never there. `schema_note` tells users
    which JSON schemas a response format may have.
    """

    name: ClassVar[str]
    product_name: ClassVar[str]
    first_versions: ClassVar[Mapping[Feature, str]]
    schema_note: ClassVar[str]
    native: ClassVar[NativeRoute]
    model: DeployedModel

    def __init__(self, model: DeployedModel) -> None: ...

    def supports(self, feature: Feature) -> bool:
        """Whether the version that serves the model has `feature`."""
        since = self.first_versions.get(feature)
        return since is not None and self.model.container_is_at_least(since)

    def prepare(self, parameters: GenerationParameters) -> Mapping[str, object]:
        """`parameters` in the server's own words, once for all answers to a request. Raises ApiError for what it
        cannot do."""
        ...

    def payload(self, prompt: str, max_new_tokens: int, prepared: Mapping[str, object], *, choice: int = 0) -> bytes:
        """The body that generates `max_new_tokens` after `prompt` as a stream. `choice` counts the answers to one
        prompt, which differ also with a seed."""
        ...

    def tokens(self, parts: Iterable[bytes]) -> Iterator[Token | KeepAlive]:
        """The tokens of a stream. Raises ApiError for an error in it, PromptTooLongError among them, and if it ends
        before the generation does."""
        ...

    def error_of_response(self, status: int, text: str) -> ApiError:
        """The error that a response with `status` (0: none came in time) and the body `text` means."""
        ...


def incomplete(server: str) -> ApiError:
    """The error for a stream of `server` that ends before the generation does."""
    return ApiError(
        ErrorKind.GENERATION_FAILED,
        "The model's answer broke off before it was complete.",
        detail=f"{server} incomplete",
    )

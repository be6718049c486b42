"""The models that this deployment serves, from the function's environment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chat.errors import ApiError, ErrorKind

ENVIRONMENT_VARIABLE = "FALCONRY_MODELS"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedModel:
    """A model and the SageMaker endpoint that serves it.

    `inference_component` names the part of the endpoint that holds the model, where it is one of several or comes and
    goes. `container` names the product that serves it (a module of `serving`), `container_version`
    decides which parameters exist. `template` is None for a base model, which was not tuned on dialogue. A prompt may
    have `max_input_tokens`, prompt and answer together `max_total_tokens`; the container takes `max_stop_sequences`
    stops, and returns the log probabilities of `max_top_logprobs` tokens in one place. `neutralize` says whether role
    labels and special strings inside messages lose their meaning. `created` is seconds since the epoch, 0 when not
    known.
    """

    name: str
    endpoint: str
    inference_component: str | None = None
    container: str
    container_version: str
    template: str | None
    max_total_tokens: int
    max_input_tokens: int
    max_stop_sequences: int = 4
    max_top_logprobs: int = 5
    neutralize: bool = True
    created: int = 0
    owned_by: str = "tiiuae"

    def __post_init__(self) -> None:
        if not 0 < self.max_input_tokens <= self.max_total_tokens:
            raise ValueError(
                f"{self.name}: max_input_tokens is {self.max_input_tokens}; it must be between 1 and max_total_tokens, "
                f"{self.max_total_tokens}"
            )

    def container_is_at_least(self, version: str) -> bool:
        """Whether the container has `version` or a later one."""
        return _numbers(self.container_version) >= _numbers(version)

    def public(self) -> dict[str, object]:
        """OpenAI's model object."""
        return {"id": self.name, "object": "model", "created": self.created, "owned_by": self.owned_by}


class Models:
    """The deployed models, by name and in the order of the deployment."""

    def __init__(self, models: Iterable[DeployedModel]) -> None:
        self._by_name = {model.name: model for model in models}

    @classmethod
    def from_json(cls, text: str) -> Models:
        """The models in a JSON list with one object for each. Keys that this version does not know are ignored, so that
        a deployment can hand over more than this function reads. Raises ValueError for what is missing or wrong."""
        fields = set(DeployedModel.__dataclass_fields__)
        try:
            return cls(
                DeployedModel(**{key: value for key, value in row.items() if key in fields}) for row in json.loads(text)
            )
        except (TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"{ENVIRONMENT_VARIABLE} must be a JSON list of models: {error}") from error

    def __iter__(self) -> Iterator[DeployedModel]:
        return iter(self._by_name.values())

    def get(self, name: str) -> DeployedModel:
        """The model called `name`. Raises ApiError that names the ones there are, the most similar first."""
        model = self._by_name.get(name)
        if model is None:
            raise ApiError(
                ErrorKind.MODEL_NOT_FOUND,
                f"The model {_quoted(name)} does not exist here. Deployed: {self._similar_first(name)}.",
                param="model",
            )
        return model

    def public(self) -> dict[str, object]:
        """OpenAI's list of models."""
        return {"object": "list", "data": [model.public() for model in self._by_name.values()]}

    def _similar_first(self, name: str) -> str:
        import difflib  # for a mistake only

        def distance(other: str) -> float:
            return -difflib.SequenceMatcher(None, name.lower(), other.lower()).ratio()

        return ", ".join(sorted(self._by_name, key=distance)) or "none"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


def _quoted(name: str) -> str:
    return json.dumps(name if len(name) <= 80 else name[:80] + "...", ensure_ascii=False)

"""The errors of TGI's router as clients see them."""

from __future__ import annotations

from typing import ClassVar


class BodyError(Exception):
    """The body could not be read: answered as plain text, as axum does."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class InferenceError(Exception):
    """A request that was read but is not answered: `{"error": ..., "error_type": ...}` with `status`."""

    status: ClassVar[int] = 500
    error_type: ClassVar[str] = "incomplete_generation"

    def as_json(self) -> dict[str, str]:
        """The body, and the data of the event if it happens in a stream."""
        return {"error": str(self), "error_type": self.error_type}


class ValidationError(InferenceError):
    """A parameter or the input is outside the limits."""

    status = 422
    error_type = "validation"

    def __init__(self, text: str) -> None:
        super().__init__(f"Input validation error: {text}")


class GenerationError(InferenceError):
    """The engine failed."""

    status = 424
    error_type = "generation"

    def __init__(self, text: str) -> None:
        super().__init__(f"Request failed during generation: {text}")


class OverloadedError(InferenceError):
    """As many requests as MAX_CONCURRENT_REQUESTS are in flight already."""

    status = 429
    error_type = "overloaded"

    def __init__(self) -> None:
        super().__init__("Model is overloaded")


class TemplateError(InferenceError):
    """A chat body for a model without a chat template."""

    status = 422
    error_type = "template_error"

    def __init__(self) -> None:
        super().__init__("Template error: template not found")

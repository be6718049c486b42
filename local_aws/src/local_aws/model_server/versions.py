"""What differs between the TGI versions that a deployed image can name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Version:
    """One release of TGI, as far as its HTTP contract differs from another's (read in its sources at that tag).

    `event_prefix`: what stands before the JSON of a stream event (axum 0.6 writes no space, axum 0.7 one).
    `return_full_text`: the default on `/` and `/invocations` for a model in a local folder.
    `sagemaker_request`: `/invocations` tells a chat body apart, and names no key in its type errors.
    `ignored`: parameters of the later release that this one does not know; like every unknown key they are skipped
    silently.
    `input_length_in_stream`: a stream's details count the prompt's tokens.
    `max_input_tokens`: the launcher's default, or None for one less than the maximum of all tokens.
    """

    name: str
    event_prefix: str
    return_full_text: bool
    sagemaker_request: bool
    ignored: frozenset[str]
    input_length_in_stream: bool
    max_input_tokens: int | None


VERSIONS = {
    version.name: version
    for version in (
        Version(
            name="1.4.0",
            event_prefix="data:",
            return_full_text=False,
            sagemaker_request=False,
            ignored=frozenset({"frequency_penalty", "grammar", "adapter_id"}),
            input_length_in_stream=False,
            max_input_tokens=1024,
        ),
        Version(
            name="2.4.0",
            event_prefix="data: ",
            return_full_text=True,
            sagemaker_request=True,
            ignored=frozenset(),
            input_length_in_stream=True,
            max_input_tokens=None,
        ),
    )
}

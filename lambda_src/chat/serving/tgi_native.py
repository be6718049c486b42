"""TGI's own payload and answer: the announcement's fifteen parameters and those that came later.

Ranges are TGI's (router/src/validation.rs, tags v1.4.0 to v2.4.0). Limits that depend on the deployment (MAX_BEST_OF,
tokens) and rules between parameters are left to TGI, which names them itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chat import sse
from chat.deadline import Deadline, no_token_in_time
from chat.features import Feature, Server
from chat.http import encode_json
from chat.parameters import Parameter, check
from chat.record import Record
from chat.serving import tgi_events
from chat.serving.container import KeepAlive, NativeMode, NativeRequest, NativeRoute, incomplete

_U32, _U64 = 2**32 - 1, 2**64 - 1

_BODY = (
    Parameter(
        name="inputs",
        types=("string",),
        required=True,
        nullable=False,
        min_length=1,
        description="The text to continue.",
    ),
    Parameter(name="parameters", types=("object",), nullable=False, description="How to generate."),
    Parameter(name="stream", types=("boolean",), nullable=False, description="Send tokens as they are generated."),
)

_PARAMETERS = (
    Parameter(
        name="best_of",
        types=("integer",),
        minimum=1,
        maximum=_U32,
        description="Generate several, return the likeliest.",
    ),
    Parameter(
        name="decoder_input_details", types=("boolean",), nullable=False, description="Return the tokens of the prompt."
    ),
    Parameter(
        name="details", types=("boolean",), nullable=False, description="Return tokens, counts and the finish reason."
    ),
    Parameter(
        name="do_sample",
        types=("boolean",),
        nullable=False,
        description="Sample, rather than take the likeliest token.",
    ),
    Parameter(
        name="max_new_tokens", types=("integer",), minimum=1, maximum=_U32, description="The most tokens to generate."
    ),
    Parameter(
        name="repetition_penalty",
        types=("number",),
        exclusive_minimum=0,
        description="Above 1, tokens that are already there become less likely.",
    ),
    Parameter(name="return_full_text", types=("boolean",), description="Put the prompt before the generated text."),
    Parameter(name="seed", types=("integer",), minimum=0, maximum=_U64, description="Makes sampling repeatable."),
    Parameter(
        name="stop",
        types=("array",),
        nullable=False,
        items="string",
        min_length=1,
        description="Texts that end the generation. They stay part of the text.",
    ),
    Parameter(name="temperature", types=("number",), exclusive_minimum=0, description="How random sampling is."),
    Parameter(
        name="top_k",
        types=("integer",),
        minimum=1,
        maximum=2**31 - 1,
        description="Sample from the k likeliest tokens.",
    ),
    Parameter(
        name="top_p",
        types=("number",),
        exclusive_minimum=0,
        exclusive_maximum=1,
        description="Sample from the likeliest tokens whose probabilities add up to this.",
    ),
    Parameter(
        name="truncate",
        types=("integer",),
        minimum=1,
        maximum=_U32,
        description="Keep this many tokens at the prompt's end.",
    ),
    Parameter(
        name="typical_p", types=("number",), exclusive_minimum=0, exclusive_maximum=1, description="Typical sampling."
    ),
    Parameter(name="watermark", types=("boolean",), nullable=False, description="Watermark the text."),
    # These came after the announcement's fifteen.
    Parameter(
        name="top_n_tokens",
        types=("integer",),
        minimum=0,
        maximum=_U32,
        description="Return the likeliest tokens at each step.",
    ),
    Parameter(
        name="frequency_penalty",
        types=("number",),
        minimum=-2,
        maximum=2,
        needs=Feature.FREQUENCY_PENALTY,
        description="Above 0, tokens become less likely the more often they are already there.",
    ),
    Parameter(
        name="grammar",
        types=("object",),
        needs=Feature.STRUCTURED_OUTPUT,
        description="Constrain the text by a JSON schema or regex.",
    ),
    Parameter(name="adapter_id", types=("string",), needs=Feature.ADAPTERS, description="The LoRA adapter to use."),
)


class TgiNativeRoute(NativeRoute):
    """TGI's `POST /`: a text and its parameters in, an answer in one piece or a stream of tokens out."""

    body = _BODY
    parameters = _PARAMETERS
    length_parameter = "max_new_tokens"
    prompt_details = '"decoder_input_details": true'

    def request(self, body: Mapping[str, object], raw: bytes, server: Server) -> NativeRequest:
        given = check(_BODY, body)
        asked = check(_PARAMETERS, given.mapping("parameters") or {}, server=server, prefix="parameters.")
        if given.flag("stream"):
            return NativeRequest(payload=raw, mode=NativeMode.RELAYED)
        if asked.flag("decoder_input_details") or asked.integer("best_of") not in (None, 1):
            # TGI refuses to stream these.
            return NativeRequest(payload=raw, mode=NativeMode.WHOLE)
        streamed = encode_json({**body, "stream": True})
        return NativeRequest(payload=streamed, mode=NativeMode.ASSEMBLED, details=asked.flag("details"))

    def opening(self, parts: Iterable[bytes], deadline: Deadline) -> bytes:
        opened = b""
        buffer = sse.LineBuffer()
        for part in parts:
            opened += part
            for line in buffer.feed(part):
                if sse.data(line):
                    next(tgi_events.json_events([line.encode()]))
                    return opened
            if deadline.first_byte_passed():
                raise no_token_in_time()
        next(tgi_events.json_events([opened]), None)
        raise incomplete(tgi_events.NAME)

    def assemble(
        self, parts: Iterable[bytes], request: NativeRequest, deadline: Deadline, record: Record
    ) -> list[object]:
        # As TGI would have made it (Details in router/src/lib.rs).
        tokens: list[object] = []
        top_tokens: list[object] = []
        text: str | None = None
        details: dict[str, object] = {}
        for event in tgi_events.json_events(parts):
            if not isinstance(event, KeepAlive):
                record.first_token()
                tokens.append(event.get("token"))
                if event.get("top_tokens"):
                    top_tokens.append(event["top_tokens"])
                if event.get("generated_text") is not None:
                    text = str(event["generated_text"])
                    told = event.get("details")
                    details = told if isinstance(told, dict) else {}
                    break
            if deadline.passed():
                break
        else:
            raise incomplete(tgi_events.NAME)
        if not tokens:
            raise no_token_in_time()
        record.finish_reason = str(details.get("finish_reason", "length")) if details or text is None else None
        record.completion_tokens = len(tokens)
        answer_details: dict[str, object] = {
            "finish_reason": details.get("finish_reason", "length"),
            "generated_tokens": details.get("generated_tokens", len(tokens)),
            "seed": details.get("seed"),
            "prefill": [],
            "tokens": tokens,
        }
        if top_tokens:
            answer_details["top_tokens"] = top_tokens
        answer: dict[str, object] = {"generated_text": _text_of(tokens) if text is None else text}
        return [{**answer, "details": answer_details} if request.details else answer]

    def schemas(self) -> Mapping[str, object]:
        from chat.serving.tgi_schemas import SCHEMAS  # only for the API's description

        return SCHEMAS


def _text_of(tokens: list[object]) -> str:
    return "".join(
        str(token.get("text", "")) for token in tokens if isinstance(token, dict) and not token.get("special")
    )

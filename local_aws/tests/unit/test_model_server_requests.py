"""What the model server accepts, and TGI's words for what it does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from local_aws.model_server.body import GenerateRequest, parse_json, read_generate
from local_aws.model_server.errors import BodyError, TemplateError, ValidationError
from local_aws.model_server.grammar import Grammar
from local_aws.model_server.json_position import position_of
from local_aws.model_server.sagemaker import read_sagemaker
from local_aws.model_server.settings import Settings, SettingsError
from local_aws.model_server.validation import Validator
from local_aws.model_server.versions import VERSIONS

OLD, NEW = VERSIONS["1.4.0"], VERSIONS["2.4.0"]
SETTINGS = Settings(version=NEW, max_input_tokens=20, max_total_tokens=40)


def read(body: str, version: str = "2.4.0") -> GenerateRequest:
    value = parse_json(body.encode(), "application/json")
    return read_generate(value, body.encode(), VERSIONS[version])


def request(inputs: str = "one two", **parameters: Any) -> GenerateRequest:
    return read(json.dumps({"inputs": inputs, "parameters": {"max_new_tokens": 5, **parameters}}))


def validator(settings: Settings = SETTINGS) -> Validator:
    """One token a word; its id is its length."""
    return Validator(settings, lambda text: [len(word) for word in text.split()])


INVALID = [
    ({"temperature": 0.0}, "`temperature` must be strictly positive"),
    ({"temperature": -1}, "`temperature` must be strictly positive"),
    ({"repetition_penalty": 0}, "`repetition_penalty` must be strictly positive"),
    ({"frequency_penalty": 2.1}, "`frequency_penalty` must be >= -2.0 and <= 2.0"),
    ({"top_p": 1.0}, "`top_p` must be > 0.0 and < 1.0"),
    ({"top_p": 0}, "`top_p` must be > 0.0 and < 1.0"),
    ({"typical_p": 1}, "`typical_p` must be > 0.0 and < 1.0"),
    ({"top_k": 0}, "`top_k` must be strictly positive"),
    ({"top_k": -3}, "`top_k` must be strictly positive"),
    ({"max_new_tokens": 0}, "`max_new_tokens` must be strictly positive"),
    ({"stop": ["a", "b", "c", "d", "e"]}, "`stop` supports up to 4 stop sequences. Given: 5"),
    ({"top_n_tokens": 6}, "`top_n_tokens` must be >= 0 and <= 5. Given: 6"),
    ({"truncate": 0}, "`truncate` must be strictly positive and less than 20. Given: 0"),
    ({"truncate": 21}, "`truncate` must be strictly positive and less than 20. Given: 21"),
    ({"best_of": 2}, "you must use sampling when `best_of` is > 1"),
    ({"best_of": 2, "do_sample": True, "seed": 1}, "`seed` must not be set when `best_of` > 1"),
    (
        {"max_new_tokens": 39},
        "`inputs` tokens + `max_new_tokens` must be <= 40. Given: 2 `inputs` tokens and 39 `max_new_tokens`",
    ),
    ({"grammar": {"type": "json", "value": 1}}, "grammar is not supported"),
    (
        {"grammar": {"type": "json", "value": {"type": "object"}}},
        "grammar is not valid: Grammar must have a 'properties' field",
    ),
    (
        {"grammar": {"type": "json", "value": {"type": "record", "properties": {}}}},
        "grammar is not valid: 'record' is not valid under any of the given schemas",
    ),
    (
        {"grammar": {"type": "json", "value": "{"}},
        "grammar is not valid: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    ),
]


@pytest.mark.parametrize(("parameters", "sentence"), INVALID)
def test_a_value_outside_its_range_gets_the_sentence_of_tgi(parameters: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        validator().validate(request(**parameters))
    assert caught.value.as_json() == {"error": f"Input validation error: {sentence}", "error_type": "validation"}
    assert caught.value.status == 422


def test_input_limits() -> None:
    with pytest.raises(ValidationError, match="`inputs` cannot be empty"):
        validator().validate(request(""))
    with pytest.raises(ValidationError, match=r"`inputs` must have less than 20 tokens\. Given: 21"):
        validator().validate(request("x " * 21))
    assert len(validator().validate(request("x " * 20)).input_ids) == 20


def test_truncate_keeps_the_last_tokens() -> None:
    assert validator().validate(request("a bb ccc dddd", truncate=2)).input_ids == [3, 4]


def test_best_of_limits() -> None:
    with pytest.raises(ValidationError, match=r"`best_of` must be > 0 and <= 2\. Given: 3"):
        validator().best_of(request(best_of=3).parameters)
    with pytest.raises(ValidationError, match="`best_of` != 1 is not allowed for this endpoint"):
        validator(Settings(version=NEW, max_best_of=1)).best_of(request(best_of=2).parameters)
    assert validator().best_of(request(best_of=2).parameters) == 2


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"best_of": 2}, "`best_of` != 1 is not supported when streaming tokens"),
        ({"decoder_input_details": True}, "`decoder_input_details` == true is not supported when streaming tokens"),
    ],
)
def test_what_a_stream_cannot_give(parameters: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        validator().streamable(request(**parameters).parameters)
    assert str(caught.value) == f"Input validation error: {sentence}"


def test_null_for_max_new_tokens_asks_for_all_that_is_left() -> None:
    assert validator().validate(request(max_new_tokens=None)).max_new_tokens == 38


def test_a_request_without_seed_gets_a_random_one() -> None:
    seeds = {validator().validate(request(do_sample=True)).sampling.seed for _ in range(3)}
    assert len(seeds) == 3
    assert validator().validate(request(seed=2**64 - 1)).sampling.seed == 2**64 - 1


def test_without_parameters_tgi_samples_and_with_an_empty_object_it_does_not() -> None:
    assert read('{"inputs": "x"}').parameters.do_sample is True
    assert read('{"inputs": "x", "parameters": {}}').parameters.do_sample is False
    assert read('{"inputs": "x", "parameters": {}}').parameters.max_new_tokens == 100


def test_a_schema_may_be_an_object_or_its_json() -> None:
    schema = {"properties": {"ville": {"const": "Besançon"}}}
    grammars = [
        validator().validate(request(grammar={"type": "json", "value": value})).grammar
        for value in (schema, json.dumps(schema))
    ]

    assert grammars == [Grammar(json.dumps(schema, ensure_ascii=False), is_schema=True)] * 2


def test_unknown_keys_are_skipped() -> None:
    assert read('{"inputs": "x", "parameters": {"stop_sequences": ["a"]}, "model": "m"}').parameters.stop == []


def test_what_the_older_release_does_not_know_is_skipped_too() -> None:
    body = '{"inputs": "x", "parameters": {"frequency_penalty": 9, "grammar": "nonsense"}}'
    assert read(body, "1.4.0").parameters.frequency_penalty is None
    with pytest.raises(BodyError):
        read(body, "2.4.0")


MISFITS = [
    ('{"inputs": 5}', "inputs: invalid type: integer `5`, expected a string at line 1 column 12"),
    ('{"inputs": null}', "inputs: invalid type: null, expected a string at line 1 column 15"),
    ('{"input": "x"}', "missing field `inputs` at line 1 column 14"),
    (
        '{"inputs":"x","parameters":{"temperature":"0.5"}}',
        'parameters.temperature: invalid type: string "0.5", expected f32 at line 1 column 47',
    ),
    (
        '{"inputs":"x","parameters":{"grammar":{"type":"yaml","value":"a"}}}',
        "parameters.grammar.type: unknown variant `yaml`, expected `json` or `regex` at line 1 column 52",
    ),
    (
        '{"inputs":"x","parameters":{"grammar":{"type":"json"}}}',
        "parameters.grammar: missing field `value` at line 1 column 53",
    ),
    (
        '{"inputs":"x","parameters":{"grammar":{"type":"regex","value":{}}}}',
        "parameters.grammar.value: invalid type: map, expected a string at line 1 column 62",
    ),
    (
        '{"inputs":"x",\n "parameters":{"max_new_tokens":-1}}',
        "parameters.max_new_tokens: invalid value: integer `-1`, expected u32 at line 2 column 34",
    ),
    (
        '{"inputs":"x","parameters":{"max_new_tokens":1.5}}',
        "parameters.max_new_tokens: invalid type: floating point `1.5`, expected u32 at line 1 column 48",
    ),
    (
        '{"inputs":"é","parameters":{"stop":"a"}}',
        'parameters.stop: invalid type: string "a", expected a sequence at line 1 column 39',
    ),
    (
        '{"inputs":"x","parameters":{"stop":["a",1]}}',
        "parameters.stop[1]: invalid type: integer `1`, expected a string at line 1 column 41",
    ),
    (
        '{"inputs":"x","parameters":{"do_sample":null}}',
        "parameters.do_sample: invalid type: null, expected a boolean at line 1 column 44",
    ),
    (
        '{"inputs":"x","parameters":{"watermark":[]}}',
        "parameters.watermark: invalid type: sequence, expected a boolean at line 1 column 40",
    ),
    (
        '{"inputs":"x","parameters":{"top_k":true}}',
        "parameters.top_k: invalid type: boolean `true`, expected i32 at line 1 column 40",
    ),
    (
        '{"inputs":"x","parameters":null}',
        "parameters: invalid type: null, expected struct GenerateParameters at line 1 column 31",
    ),
]


@pytest.mark.parametrize(("body", "sentence"), MISFITS)
def test_a_value_of_the_wrong_type_is_named_with_its_place(body: str, sentence: str) -> None:
    with pytest.raises(BodyError) as caught:
        read(body)
    assert caught.value.status == 422
    assert str(caught.value) == f"Failed to deserialize the JSON body into the target type: {sentence}"


def test_the_union_of_invocations_names_no_key() -> None:
    body = b'{"inputs": "x", "parameters": {"temperature": "0.5"}}'
    with pytest.raises(BodyError) as caught:
        read_sagemaker(json.loads(body), body, NEW)
    assert str(caught.value).endswith("type: data did not match any variant of untagged enum SagemakerRequest")
    chat = b'{"messages": [{"role": "user", "content": "x"}]}'
    with pytest.raises(TemplateError):
        read_sagemaker(json.loads(chat), chat, NEW)
    completion = b'{"prompt": "x", "max_tokens": 5}'
    with pytest.raises(BodyError) as caught:
        read_sagemaker(json.loads(completion), completion, NEW)
    assert str(caught.value).endswith("untagged enum SagemakerRequest")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "start"),
    [
        (b"{}", "text/plain", 415, "Expected request with `Content-Type: application/json`"),
        (b"{}", "", 415, "Expected request with `Content-Type: application/json`"),
        (b"{'a'}", "application/json", 400, "Failed to parse the request body as JSON: expected value"),
        (b'{"inputs":', "application/json", 400, "Failed to parse the request body as JSON: EOF while parsing"),
        (b'{"inputs": NaN}', "application/json", 400, "Failed to parse the request body as JSON: "),
        (b"\xff", "application/json", 400, "Failed to parse the request body as JSON: "),
    ],
)
def test_a_body_that_is_no_json(body: bytes, content_type: str, status: int, start: str) -> None:
    with pytest.raises(BodyError) as caught:
        parse_json(body, content_type)
    assert caught.value.status == status
    assert str(caught.value).startswith(start)


def test_content_types_with_parameters_and_suffixes_are_json() -> None:
    assert parse_json(b"1", "application/json; charset=utf-8") == 1
    assert parse_json(b"1", "Application/vnd.api+json") == 1


def test_half_a_surrogate_pair_is_no_text() -> None:
    with pytest.raises(BodyError) as caught:
        read('{"inputs": "\\ud83e"}')
    assert caught.value.status == 400


def test_positions_count_bytes_and_lines() -> None:
    body = '{\n "ü": [1, {"b": "x"}],\n "ü": [2, {"b": "yy"}]}'.encode()
    assert position_of(body, ("ü", 1, "b")) == (3, 21)
    assert position_of(body, ("ü",)) == (3, 7)
    assert position_of(body, (), at_end=True) == (3, 24)


def test_settings_come_from_the_environment_of_the_container() -> None:
    environment = {
        "TGI_VERSION": "1.4.0",
        "MAX_INPUT_LENGTH": "1024",
        "MAX_TOTAL_TOKENS": "2048",
        "MAX_STOP_SEQUENCES": "8",
        "MAX_CONCURRENT_REQUESTS": "3",
        "HF_MODEL_ID": "/opt/ml/model",
        "SM_NUM_GPUS": "8",
    }
    settings = Settings.from_environment(environment, 2048)
    assert (settings.version, settings.max_input_tokens, settings.max_total_tokens) == (OLD, 1024, 2048)
    assert (settings.max_stop_sequences, settings.max_concurrent_requests, settings.max_best_of) == (8, 3, 2)


def test_defaults_are_those_of_the_release() -> None:
    assert Settings.from_environment({"TGI_VERSION": "1.4.0"}, 2048).max_input_tokens == 1024
    assert Settings.from_environment({"TGI_VERSION": "2.4.0"}, 2048).max_input_tokens == 2047
    assert Settings.from_environment({}, 2048).max_stop_sequences == 4


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"TGI_VERSION": "0.9.3"}, "TGI_VERSION=0.9.3: this server speaks 1.4.0 and 2.4.0"),
        ({"MAX_TOTAL_TOKENS": "4096"}, "MAX_TOTAL_TOKENS=4096: the model has 2048 positions"),
        ({"MAX_INPUT_TOKENS": "2048"}, "MAX_INPUT_TOKENS=2048: it must be less than MAX_TOTAL_TOKENS=2048"),
        ({"MAX_INPUT_LENGTH": "10", "MAX_INPUT_TOKENS": "11"}, "two names of one limit"),
        ({"MAX_BEST_OF": "two"}, "MAX_BEST_OF=two: expected a whole number of at least 1"),
        ({"MAX_CONCURRENT_REQUESTS": "0"}, "MAX_CONCURRENT_REQUESTS=0: expected a whole number of at least 1"),
    ],
)
def test_an_environment_that_cannot_be_served_says_why(environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        Settings.from_environment(environment, 2048)

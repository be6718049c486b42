"""Schemas as people write them become schemas that TGI enforces, or are refused with the place that cannot be."""

from __future__ import annotations

import datetime
import json
import re
import uuid
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from chat.errors import ApiError
from chat.serving.grammar import enforceable
from chat.serving.string_pattern import safe_pattern
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from outlines_core.json_schema import build_regex_from_schema
from pydantic import BaseModel, Field

from .front_support import INSTRUCT, FakeClient, answer, chat, front


class Color(StrEnum):
    RED = "red"
    DARK_BLUE = "dark blue"


class Address(BaseModel):
    """Where somebody lives."""

    street: str
    zip_code: str | None = Field(None, description="Not every country has them.", pattern="^[0-9]{5}$")


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    good: bool


class Person(BaseModel):
    name: str = Field(min_length=1, max_length=40, examples=["Noor"])
    age: int | None
    height: float
    color: Color
    favourites: list[Color] = Field(max_length=3)
    home: Address = Field(description="Where the person lives.")
    other_homes: list[Address]
    born: datetime.date
    seen: datetime.datetime
    id: uuid.UUID
    scores: dict[str, int]
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]
    size: Literal["S", "M", 1, None]


PERSON: dict[str, Any] = {
    "name": "Noor",
    "age": None,
    "height": 1.7,
    "color": "dark blue",
    "favourites": ["red", "dark blue"],
    "home": {"street": "Rue de Rivoli", "zip_code": "75001"},
    "other_homes": [{"street": "Corniche", "zip_code": None}],
    "born": "1999-12-31",
    "seen": "2024-02-29T12:00:00Z",
    "id": "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
    "scores": {"chess": 1200},
    "pet": {"kind": "dog", "good": True},
    "size": None,
}


def of(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties], **more}


def rewritten(schema: Any) -> Any:
    """What becomes of the schema of one property."""
    whole: Any = enforceable(of({"it": schema}), "schema")
    return whole["properties"]["it"]


def test_a_pydantic_model_is_enforced() -> None:
    # WHEN its schema is rewritten THEN the translation takes it, and an instance matches
    pattern = build_regex_from_schema(json.dumps(enforceable(Person.model_json_schema(), "schema")))

    Person.model_validate(PERSON)
    assert re.fullmatch(pattern, json.dumps(PERSON))
    for wrong in ({"color": "green"}, {"age": "old"}, {"home": {"street": 1}}, {"pet": {"kind": "dog", "lives": 9}}):
        assert not re.fullmatch(pattern, json.dumps({**PERSON, **wrong}))


@pytest.mark.parametrize(
    ("schema", "becomes"),
    [
        ({"title": "It", "description": "x", "default": 1, "type": "integer"}, {"type": "integer"}),
        (
            {"type": ["string", "null"], "maxLength": 5},
            {"anyOf": [{"type": "string", "minLength": 0, "maxLength": 5}, {"type": "null"}]},
        ),
        ({"enum": ["a", None, True, 2, False]}, {"anyOf": [{"enum": ["a", 2]}, {"type": "boolean"}, {"type": "null"}]}),
        ({"const": "a", "type": "string"}, {"enum": ["a"]}),
        ({"allOf": [{"type": "string"}], "default": "x"}, {"type": "string"}),
        ({"oneOf": [{"type": "string"}, {"type": "null"}]}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ({"type": "object", "additionalProperties": False}, {"type": "object", "properties": {}}),
        ({"type": "string", "pattern": "^a+$"}, {"type": "string", "pattern": "a+"}),
    ],
)
def test_what_means_the_same_is_written_as_the_translation_knows_it(schema: Any, becomes: Any) -> None:
    assert rewritten(schema) == becomes


def test_the_whole_schema_may_be_a_reference() -> None:
    schema: dict[str, Any] = {
        "$ref": "#/$defs/A",
        "$defs": {"A": of({"x": {"$ref": "#/$defs/B"}}), "B": {"type": "null"}},
    }
    assert enforceable(schema, "schema") == of({"x": {"type": "null"}})


REFUSED: list[tuple[Any, str, str]] = [
    ({"type": "integer", "minimum": 0}, ".minimum", "check the answer"),
    ({"type": "array", "items": {"type": "null"}, "uniqueItems": True}, ".uniqueItems", "check the answer"),
    ({"title": "Any"}, "", "name its type"),
    (True, "", "name its type"),
    ({"type": "array"}, "", "needs items"),
    ({"type": "object"}, "", "needs properties"),
    ({"type": "object", "additionalProperties": {"type": "null"}, "maxProperties": 1}, ".maxProperties", "check the"),
    ({"type": "string", "format": "email"}, ".format", "none of date, date-time, time, uuid"),
    ({"type": "string", "pattern": "a", "maxLength": 3}, "", "not two of them"),
    ({"type": "string", "pattern": ".*"}, ".pattern", "also matches quotation marks"),
    ({"allOf": [{"type": "string"}, {"maxLength": 3}]}, ".allOf", "write them as one schema"),
    ({"anyOf": [{"type": "string"}], "type": "string"}, ".type", "check the answer"),
    ({"anyOf": []}, ".anyOf", "not empty"),
    ({"enum": ['"']}, ".enum", "without escapes"),
    ({"enum": [{}]}, ".enum", "cannot be had"),
    ({"const": True}, ".const", "only together"),
    ({"const": 1, "type": "string"}, ".const", "not of the type string"),
    ({"type": "text"}, ".type", "none of string, array"),
    ({"$ref": "#/$defs/Nowhere"}, ".$ref", "none of the schema's own $defs"),
    ({"$ref": "https://example.com/a.json"}, ".$ref", "none of the schema's own $defs"),
    ({"properties": {"a": {"type": "null"}}, "required": ["b"]}, ".required", "that are in properties"),
    ({"properties": {"a": {"type": "null"}}, "required": [["a"]]}, ".required", "that are in properties"),
    ({"properties": {'"': {"type": "null"}}}, ".properties", "misreads"),
    ({"properties": {"a.b": {"type": "null"}}}, ".properties", "misreads"),
    ({"properties": {"a": {"not": {"type": "null"}}}}, ".properties.a", "name its type"),
]


@pytest.mark.parametrize(("schema", "place", "words"), REFUSED)
def test_what_no_grammar_keeps_to_is_refused(schema: Any, place: str, words: str) -> None:
    with pytest.raises(ApiError) as caught:
        rewritten(schema)

    assert caught.value.param == f"schema.properties.it{place}"
    assert caught.value.kind.status == 400
    assert words in caught.value.message


def test_a_schema_that_contains_itself_is_refused() -> None:
    class Node(BaseModel):
        children: list[Node]

    with pytest.raises(ApiError, match="Node contains itself"):
        enforceable(Node.model_json_schema(), "schema")


def test_a_schema_that_would_be_huge_is_refused() -> None:
    # GIVEN definitions that each refer twice to the next
    pairs = {f"D{n}": of({side: {"$ref": f"#/$defs/D{n + 1}"} for side in ("left", "right")}) for n in range(20)}
    deep: Any = {"type": "null"}
    for _ in range(100):
        deep = {"type": "array", "items": deep}

    with pytest.raises(ApiError, match="too large for a grammar"):
        enforceable({"$ref": "#/$defs/D0", "$defs": {**pairs, "D20": {"type": "null"}}}, "schema")
    with pytest.raises(ApiError, match="too large for a grammar"):
        rewritten(deep)


@pytest.mark.parametrize(
    ("pattern", "safe"),
    [
        ("^[A-Z]{2}-?[0-9]+$", "[A-Z]{2}-?[0-9]+"),
        ("a|b", "(?:a|b)"),
        (r"^\d+(?:\.\d\$)?$", r"\d+(?:\.\d\$)?"),
        (r"[\w ]+@[]a]", r"[\w ]+@[]a]"),
    ],
)
def test_a_pattern_loses_its_anchors(pattern: str, safe: str) -> None:
    assert safe_pattern(pattern) == safe


@pytest.mark.parametrize(
    "pattern",
    [
        *("", "^$", ".", "[^a]", r"\s", r"\S", r"\bx", r"(a)\1", "(?=a)b", "(?i)a", "a^b", "a$b"),
        *('"', r"\\", r"\"", "[ -~]", "\n", "(", r"\n"),
    ],
)
def test_a_pattern_that_could_leave_the_string_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        safe_pattern(pattern)


KEYWORDS = st.sampled_from(
    [
        *(
            "properties",
            "required",
            "additionalProperties",
            "anyOf",
            "oneOf",
            "allOf",
            "enum",
            "const",
            "$ref",
            "$defs",
        ),
        *("type", "items", "minItems", "minLength", "pattern", "format", "title", "A"),
    ]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
    | st.sampled_from(["string", "array", "object", "null", "#/$defs/A", "date", "^a|b$", "[", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(schema=st.dictionaries(KEYWORDS, ANYTHING, max_size=5), definition=ANYTHING)
def test_whatever_a_schema_holds_it_is_rewritten_or_refused(schema: dict[str, Any], definition: Any) -> None:
    for candidate in (schema, {**of({"it": schema}), "$defs": {"A": definition}}):
        wanted = {"type": "json_schema", "json_schema": {"name": "a", "schema": candidate}}
        response = chat(front(FakeClient([answer("{}")])), model=INSTRUCT, response_format=wanted)
        assert response.status in (200, 400)


SCALARS: st.SearchStrategy[Any] = st.sampled_from(
    [
        {"type": "string", "maxLength": 3},
        {"type": "integer"},
        {"type": ["boolean", "null"]},
        {"enum": ["a", 1, None]},
        {"const": "x y"},
        {"type": "string", "pattern": "^(a|b){2}$"},
        {"type": "string", "format": "date"},
    ]
)
SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=2).map(lambda several: {"oneOf": several[:1], "title": "One"})
        | inner.map(lambda one: {"type": "array", "items": one, "minItems": 2, "maxItems": 3})
        | inner.map(lambda one: {"type": "array", "items": one, "maxItems": 1})
        | st.dictionaries(st.sampled_from(["a", "b c", "é"]), inner, max_size=3).map(of)
        | st.dictionaries(st.sampled_from(["a", "b c", "é"]), inner, max_size=3).map(lambda p: {"properties": p})
        | inner.map(lambda one: {"type": "object", "additionalProperties": one})
    ),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(schema=SCHEMAS.map(lambda one: of({"it": one})), data=st.data())
def test_every_text_of_the_grammar_is_an_instance_of_the_schema(schema: dict[str, Any], data: st.DataObject) -> None:
    pattern = build_regex_from_schema(json.dumps(enforceable(schema, "schema")))
    text = data.draw(st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True))

    assert list(Draft202012Validator(schema).iter_errors(json.loads(text))) == []

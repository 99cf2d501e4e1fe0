import dataclasses
import json
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Dict, List, Literal, Optional, Union
from uuid import UUID

import pydantic
import pytest

from rem_db import MCPTool, Schema
from rem_db.errors import InvalidSchema
from rem_db.model_base import PYDANTIC_MAJOR
from rem_db.model_schema import model_schema
from rem_db.schema import build_json_schema, schema_from_table, short_name_of

pydantic1 = pytest.mark.skipif(PYDANTIC_MAJOR != 1, reason="how Pydantic 1 writes schemas")


class Level(str, Enum):
    LOW = "low"
    HIGH = "high"


class Priority(pydantic.BaseModel):
    level: Level = Level.LOW
    reason: Optional[str] = None


class Ticket(pydantic.BaseModel):
    """A thing to do."""

    title: str
    priority: Priority
    assignee: Optional[str] = None
    points: Optional[int] = pydantic.Field(3, description="Story points")


class Node(pydantic.BaseModel):
    name: str
    children: List["Node"] = []


Node.update_forward_refs() if PYDANTIC_MAJOR == 1 else Node.model_rebuild()


def with_extra(**extra):
    key = "json_schema_extra" if PYDANTIC_MAJOR >= 2 else "schema_extra"
    return {key: extra}


class Documented(pydantic.BaseModel, **with_extra(short_name="docs", indexed_fields=["a"], category="public",
                                                  tools=[{"name": "t", "description": "d"}])):
    a: str
    b: str


@pydantic1
def test_pydantic1_schemas_are_written_in_the_new_draft():
    schema = model_schema(Ticket)
    assert "definitions" not in schema and set(schema["$defs"]) == {"Priority", "Level"}
    assert schema["properties"]["priority"]["$ref"] == "#/$defs/Priority"
    assert schema["description"] == "A thing to do."


@pydantic1
def test_pydantic1_optionals_admit_none_nested_ones_too():
    schema = model_schema(Ticket)
    assert schema["properties"]["assignee"] == {
        "title": "Assignee", "anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    assert schema["properties"]["points"] == {
        "title": "Points", "description": "Story points", "default": 3, "anyOf": [{"type": "integer"}, {"type": "null"}]}
    assert schema["$defs"]["Priority"]["properties"]["reason"]["anyOf"] == [{"type": "string"}, {"type": "null"}]
    assert schema["required"] == ["title", "priority"]


@pydantic1
def test_pydantic2_configuration_works_under_pydantic1():
    class Later(pydantic.BaseModel):
        a: str
        model_config = {"json_schema_extra": {"short_name": "later_table"}}

    schema = model_schema(Later)
    assert schema["short_name"] == "later_table" and set(schema["properties"]) == {"a"}


def test_a_model_that_refers_to_itself_has_its_columns_at_the_top():
    schema = build_json_schema("nodes", Node)
    assert list(schema["properties"]) == ["name", "children"]
    assert schema["$defs"]["Node"]["properties"]["children"]["items"]["$ref"] == "#/$defs/Node"


def test_the_description_is_the_argument_else_the_prompt_else_the_docstring():
    assert build_json_schema("t", Ticket, description="x", system_prompt="y")["description"] == "x"
    assert build_json_schema("t", Ticket, system_prompt="y")["description"] == "y"
    assert build_json_schema("t", Ticket)["description"] == "A thing to do."
    assert "description" not in build_json_schema("t", {"type": "object"})


def test_arguments_add_to_what_the_schema_says():
    schema = build_json_schema("documented", Documented, indexed_fields=["b", "a"],
                               mcp_tools=[MCPTool(name="u", description="v"), MCPTool(name="t", description="new")])
    assert schema["indexed_fields"] == ["a", "b"]
    assert [(tool["name"], tool["description"]) for tool in schema["tools"]] == [("t", "new"), ("u", "v")]
    assert (schema["short_name"], schema["x-rem-name"], schema["category"]) == ("docs", "documented", "public")
    assert schema["x-rem-property-order"] == ["a", "b"]
    assert short_name_of(Documented) == "docs" and short_name_of(Ticket) == "Ticket"


def test_dicts_and_text_are_taken_and_left_alone():
    source = {"type": "object", "properties": {"b": {}, "a": {}}, "json_schema_extra": {"category": "public"}}
    schema = build_json_schema("t", source, indexed_fields=["a"])
    assert schema["category"] == "public" and "json_schema_extra" not in schema
    assert "indexed_fields" not in source and "json_schema_extra" in source
    assert build_json_schema("t", json.dumps(source), indexed_fields=["a"]) == schema


@pytest.mark.parametrize("source", ["{", "[]", 3, None, int])
def test_refuses_what_is_no_schema(source):
    with pytest.raises(InvalidSchema):
        build_json_schema("t", source)


@dataclasses.dataclass
class Place:
    street: str
    number: int = 1


@dataclasses.dataclass
class Visit:
    """A visit."""

    place: Place
    when: datetime
    day: date
    who: UUID
    cost: Decimal
    level: Level
    kind: Literal["a", "b"]
    tags: List[str] = dataclasses.field(default_factory=list)
    facts: Dict[str, int] = dataclasses.field(default_factory=dict)
    note: Optional[str] = None
    mixed: Union[int, str] = 0
    anything: object = None


def test_dataclasses_have_schemas():
    schema = model_schema(Visit)
    assert schema["required"] == ["place", "when", "day", "who", "cost", "level", "kind"]
    assert schema["description"] == "A visit."
    assert schema["properties"] == {
        "place": {"$ref": "#/$defs/Place"},
        "when": {"type": "string", "format": "date-time"},
        "day": {"type": "string", "format": "date"},
        "who": {"type": "string", "format": "uuid"},
        "cost": {"type": "number"},
        "level": {"enum": ["low", "high"]},
        "kind": {"enum": ["a", "b"]},
        "tags": {"type": "array", "items": {"type": "string"}, "default": []},
        "facts": {"type": "object", "default": {}},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "mixed": {"anyOf": [{"type": "integer"}, {"type": "string"}], "default": 0},
        "anything": {"default": None},
    }
    assert schema["$defs"]["Place"] == {
        "title": "Place", "type": "object", "required": ["street"],
        "properties": {"street": {"type": "string"}, "number": {"type": "integer", "default": 1}}}


def table_of(json_schema, name="t"):
    return {"name": name, "fully_qualified_name": f"user.{name}", "version": "1.0.0", "category": "user",
            "description": "", "indexed_fields": [], "embedding_fields": [], "embedding_provider": "", "key_field": "",
            "json_schema": json_schema}


def test_a_table_becomes_a_schema_with_its_order_and_name():
    registered = build_json_schema("documented", Documented)
    registered["properties"] = dict(sorted(registered["properties"].items(), reverse=True))
    schema = schema_from_table(table_of(registered, "docs"))
    assert (schema.name, schema.short_name) == ("documented", "docs")
    assert list(schema.properties) == ["a", "b"]
    assert schema.tools == [MCPTool(name="t", description="d")]
    assert not [key for key in schema.to_json_schema() if key.startswith("x-rem-")]


def test_to_json_schema_keeps_definitions_and_is_a_copy():
    schema = schema_from_table(table_of(build_json_schema("t", Ticket)))
    first = schema.to_json_schema()
    assert "$defs" in first and first["properties"]["priority"].get("$ref") == "#/$defs/Priority"
    assert set(schema.defs) == {"Priority", "Level"}
    first["properties"].clear()
    assert "priority" in schema.to_json_schema()["properties"]


def test_a_schema_made_by_hand():
    schema = Schema("t", "d", properties={"a": {"type": "string"}}, required=["a"], defs={"X": {}}, indexed_fields=["a"],
                    tools=[MCPTool(name="n", description="m")])
    assert (schema.short_name, schema.fully_qualified_name, schema.version, schema.category) == ("t", "user.t", "1.0.0", "user")
    json_schema = schema.to_json_schema()
    assert json_schema["$defs"] == {"X": {}} and json_schema["tools"][0]["name"] == "n"
    assert build_json_schema("t", schema)["properties"] == {"a": {"type": "string"}}


def test_a_schema_equals_its_name():
    schema = Schema("b")
    assert schema == "b" and schema != "a" and "b" in [schema] and str(schema) == "b"
    assert schema == Schema("b") and schema != Schema("b", "other") and len({schema, "b"}) == 1
    assert sorted([Schema("b"), Schema("a")]) == ["a", "b"]

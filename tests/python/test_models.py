from datetime import datetime, timezone
from uuid import UUID, uuid4

import pytest

import rem_db
from rem_db import Agent, Direction, Edge, Entity, MCPTool, Message, Moment, Resource, Session, SystemFields
from rem_db.model_base import PYDANTIC_MAJOR, parse_datetime
from rem_db.models import Article, Person, Sprint
from rem_db.records import record_of


def test_every_documented_name_is_there():
    names = """REMDatabase Database Resource Entity Agent Session Message Edge Moment SystemFields Direction Order Query
        Predicate Eq Ne Gt Gte Lt Lte In NotIn Contains StartsWith EndsWith And Or Not Exists NotExists All Schema MCPTool
        GraphEdge GraphTraversal TraversalPath TraversalStrategy AsyncDatabase errors""".split()
    assert [name for name in names if not hasattr(rem_db, name)] == []
    assert set(names) <= set(rem_db.__all__)
    assert all(hasattr(rem_db, name) for name in rem_db.__all__)


def test_resource_has_its_system_fields_from_the_start():
    resource = Resource(name="a", content="b")
    assert isinstance(resource.id, UUID) and resource.id != Resource(name="a", content="b").id
    assert resource.created_at.tzinfo is not None and resource.created_at.utcoffset().total_seconds() == 0
    assert resource.modified_at.tzinfo is not None
    assert (resource.deleted_at, resource.edges) == (None, [])
    assert (resource.category, resource.metadata, resource.embedding, resource.embedding_alt) == (None, {}, None, None)
    assert (resource.ordinal, resource.uri) == (None, None)
    assert isinstance(resource, SystemFields)


def test_defaults_are_not_shared():
    first, second = Entity(type="t", name="a"), Entity(type="t", name="b")
    first.properties["x"] = 1
    first.aliases.append("y")
    assert (second.properties, second.aliases) == ({}, [])


def test_the_other_models():
    now = datetime.now(timezone.utc)
    source, target = uuid4(), uuid4()
    edge = Edge(src_id=source, dst_id=target, edge_type="knows")
    assert (edge.src_id, edge.dst_id, edge.properties) == (source, target, {}) and edge.created_at >= now
    moment = Moment(timestamp=now, type="meeting", resource_refs=[source])
    assert moment.resource_refs == [source] and isinstance(moment.id, UUID) and moment.parent_moment is None
    tool = MCPTool(name="search", description="finds")
    assert (tool.server, tool.usage, tool["name"]) == (None, None, "search")
    assert Agent(name="a", description="b").tools == []
    assert Session().session_type is None
    assert Message(session_id="s", role="user", content="hi").tool_calls is None
    assert [d.value for d in Direction] == ["outgoing", "incoming", "both"] and Direction.BOTH == "both"
    assert Article(title="a", content="b").tags == []
    assert Person(name="a", email="b").role is None
    assert Sprint(name="a").start_date is None


def test_missing_fields_are_value_errors():
    with pytest.raises(ValueError):
        Resource(name="a")


def test_models_have_pydantic_2_names_under_any_pydantic():
    resource = Resource(name="a", content="b")
    assert resource.model_dump()["name"] == resource.dict()["name"] == "a"
    assert Resource.model_validate({"name": "a", "content": "b"}).content == "b"
    assert '"name"' in resource.model_dump_json()


def test_record_of_a_model_leaves_out_what_the_engine_sets():
    record = record_of(Resource(name="a", content="b"))
    assert set(record) == {"id", "created_at", "name", "content", "category", "metadata", "ordinal", "uri"}
    assert record_of(Resource(name="a", content="b", embedding=[1.0], edges=[{"to": "x"}]))["embedding"] == [1.0]
    assert record_of({"embedding": None}) == {"embedding": None}


@pytest.mark.parametrize("text, expected", [
    ("2026-11-21T10:00:00Z", datetime(2026, 11, 21, 10, tzinfo=timezone.utc)),
    ("2026-11-21T10:00:00.5Z", datetime(2026, 11, 21, 10, 0, 0, 500000, timezone.utc)),
    ("2026-11-21T10:00:00.000001Z", datetime(2026, 11, 21, 10, 0, 0, 1, timezone.utc)),
    ("2026-11-21T12:00:00+02:00", datetime(2026, 11, 21, 10, tzinfo=timezone.utc)),
    ("2026-11-21T10:00:00", datetime(2026, 11, 21, 10, tzinfo=timezone.utc)),
])
def test_parse_datetime_reads_what_the_engine_prints(text, expected):
    assert parse_datetime(text) == expected


@pytest.mark.skipif(PYDANTIC_MAJOR == 0, reason="validation is Pydantic's")
def test_pydantic_validates():
    with pytest.raises(ValueError):
        Resource(name="a", content="b", metadata="no dict")

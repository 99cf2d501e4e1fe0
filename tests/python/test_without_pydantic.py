"""The package under other Pydantics: none at all, and a small stand-in for version 2."""

import textwrap

BLOCK = """
    import sys
    sys.modules["pydantic"] = None
"""

FAKE_PYDANTIC_2 = '''
VERSION = "2.5.0"
_MISSING = object()

class FieldInfo:
    def __init__(self, default, default_factory):
        self.default, self.default_factory = default, default_factory

def Field(default=_MISSING, default_factory=None, description=None):
    return FieldInfo(default, default_factory)

class BaseModel:
    model_config = {}
    model_fields = {}

    def __init_subclass__(cls, **config):
        cls.model_config = {**cls.model_config, **config}
        fields = dict(cls.model_fields)
        for name in vars(cls).get("__annotations__", {}):
            value = vars(cls).get(name, _MISSING)
            fields[name] = value if isinstance(value, FieldInfo) else FieldInfo(value, None)
        cls.model_fields = fields

    def __init__(self, **values):
        for name, info in self.model_fields.items():
            made = info.default_factory() if info.default_factory else info.default
            value = values.get(name, made)
            if value is _MISSING:
                raise ValueError(name)
            setattr(self, name, value)

    def model_dump(self, by_alias=False):
        return {name: getattr(self, name) for name in self.model_fields}

    @classmethod
    def model_json_schema(cls):
        extra = cls.model_config.get("json_schema_extra", {})
        return {"title": cls.__name__, "type": "object", "properties": {
            name: {"type": "array" if name == "tags" else ["string", "null"]} for name in cls.model_fields}, **extra}
'''


def test_models_work_as_plain_classes(run_python):
    run_python(BLOCK + """
    from datetime import datetime
    from uuid import UUID
    from rem_db import Direction, Edge, Moment, Resource
    from rem_db.models import Article

    r = Resource(name="a", content="b", unknown=1)
    assert isinstance(r.id, UUID) and r.metadata == {} and r.metadata is not Resource(name="a", content="b").metadata
    assert r.created_at.utcoffset().total_seconds() == 0
    assert r.dict()["name"] == r.model_dump()["name"] == "a" and list(r.dict())[:2] == ["id", "created_at"]
    assert "category" not in r.dict(exclude_none=True)
    again = Resource(**{**r.dict(), "id": str(r.id), "created_at": r.created_at.isoformat()})
    assert again == r and again != Resource(name="a", content="b") and "content='b'" in repr(r)
    assert Resource.model_validate(r.dict()) == r and '"name": "a"' in r.json()
    m = Moment(timestamp="2026-11-21T10:00:00Z", type="x", entity_refs=["plain"], parent_moment="plain")
    assert isinstance(m.timestamp, datetime) and m.parent_moment == "plain"
    for missing in (lambda: Resource(name="a"), lambda: Edge(src_id="no uuid", dst_id=str(r.id), edge_type="e")):
        try:
            missing()
        except ValueError:
            continue
        raise AssertionError("no ValueError")
    """)


def test_plain_classes_have_schemas(run_python):
    run_python(BLOCK + """
    from rem_db.models import Article, Resource
    from rem_db.schema import build_json_schema

    schema = build_json_schema("articles", Article)
    assert schema["required"] == ["title", "content"] and schema["short_name"] == "articles"
    assert schema["properties"]["tags"] == {"type": "array", "items": {"type": "string"}, "default": []}
    assert schema["description"].startswith("Example of a table by class")
    assert build_json_schema("r", Resource)["properties"]["id"] == {"type": "string", "format": "uuid"}
    """)


def test_the_database_works_without_pydantic(run_python):
    run_python(BLOCK + """
    from rem_db import Database, Entity, Eq, Query, REMDatabase, Resource
    from rem_db.models import Person

    with REMDatabase("t", "db") as db:
        r = Resource(name="a", content="b", category="c", metadata={"k": [1, 2]})
        assert db.create_resource(r) == r.id
        read = db.get_resource(r.id)
        assert (read.name, read.category, read.metadata, read.created_at) == ("a", "c", {"k": [1, 2]}, r.created_at)
        assert [x.id for x in db.query_resources(Query().filter(Eq("category", "c")))] == [r.id]
    with Database("db") as db:
        ids = db.upsert([Person(name="Ann", email="ann@example.org")])
        assert db.get(ids[0])["name"] == "Ann"
        assert db.upsert([Person(name="Anna", email="ann@example.org")]) == ids
    """)


def test_pydantic_2_is_used_by_its_own_names(run_python, tmp_path):
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake" / "pydantic.py").write_text(textwrap.dedent(FAKE_PYDANTIC_2))
    run_python("""
    import pydantic
    from rem_db import Database, Entity, REMDatabase, Resource
    from rem_db.model_base import PYDANTIC_MAJOR
    from rem_db.models import Article
    from rem_db.schema import build_json_schema

    assert PYDANTIC_MAJOR == 2 and issubclass(Resource, pydantic.BaseModel)
    schema = build_json_schema("articles", Article)
    assert schema["short_name"] == "articles" and list(schema["properties"]) == ["title", "content", "category", "tags"]

    class Nested(pydantic.BaseModel):
        x: int

    with Database("db") as db:
        ids = db.upsert([Article(title="a", content="b", tags=["t"])])
        assert db.get(ids[0])["tags"] == ["t"]
        db.register_schema("free", {"type": "object"})
        assert db.get(db.insert("free", {"nested": Nested(x=1)}))["nested"] == {"x": 1}
    """, prelude_path=tmp_path / "fake")

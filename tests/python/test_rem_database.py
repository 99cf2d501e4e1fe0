import random
import threading
import time
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import List, Optional
from uuid import UUID, uuid4

import pydantic
import pytest

from rem_db import (
    All, And, Contains, EndsWith, Entity, Eq, Exists, Gt, Gte, In, Lt, Lte, MCPTool, Moment, Ne, Not, NotExists, NotIn, Or,
    Order, Query, REMDatabase, Resource, StartsWith, errors)


def names(found):
    return [item.name for item in found]


class TestResources:
    def test_come_back_as_they_were(self, db):
        resource = Resource(name="a", content="text", category="c", metadata={"tags": ["x"], "n": {"m": 1.5}}, ordinal=3,
                            uri="file:a")
        id = db.create_resource(resource)
        assert id == resource.id and isinstance(id, UUID)
        read = db.get_resource(id)
        assert isinstance(read, Resource)
        for field in ("id", "name", "content", "category", "metadata", "ordinal", "uri", "created_at", "deleted_at", "edges"):
            assert getattr(read, field) == getattr(resource, field), field
        assert read.modified_at.tzinfo is not None and read.modified_at >= resource.created_at

    def test_are_what_insert_wrote_embedding_included(self, db):
        id = db.insert("resources", {"name": "a", "content": "b", "embedding": [0.5] * 4})
        read = db.get_resource(id)
        assert (read.name, read.embedding) == ("a", [0.5] * 4)

    def test_delete_is_seen_at_once(self, db):
        id = db.create_resource(Resource(name="a", content="b"))
        assert db.delete_resource(id) is True
        assert db.get_resource(id) is None and db.query_resources(Query()) == []
        assert db.delete_resource(id) is False and db.delete_resource(uuid4()) is False

    def test_other_tables_records_are_none(self, db):
        id = db.create_entity(Entity(type="t", name="n"))
        assert db.get_resource(id) is None and db.delete_resource(id) is False
        assert db.get_entity(id).name == "n"

    def test_the_same_id_replaces(self, db):
        resource = Resource(name="a", content="b")
        db.create_resource(resource)
        resource.name = "c"
        assert db.create_resource(resource) == resource.id
        assert names(db.query_resources()) == ["c"]


class TestEntitiesAndMoments:
    def test_entity(self, db):
        entity = Entity(type="person", name="Ann", aliases=["annie"], properties={"age": 30, "city": "Bern"})
        assert db.create_entity(entity) == entity.id
        read = db.get_entity(entity.id)
        assert (read.type, read.name, read.aliases, read.properties) == ("person", "Ann", ["annie"], {"age": 30, "city": "Bern"})
        assert db.delete_entity(entity.id) and db.get_entity(entity.id) is None

    def test_moment(self, db):
        when = datetime(2026, 11, 21, 10, tzinfo=timezone(timedelta(hours=1)))
        parent, about = uuid4(), uuid4()
        moment = Moment(timestamp=when, type="meeting", classifications=["x"], resource_refs=[about], entity_refs=["plain"],
                        parent_moment=parent, metadata={"room": 1})
        assert db.create_moment(moment) == moment.id
        read = db.get_moment(moment.id)
        assert read.timestamp == when and read.timestamp.utcoffset() == timedelta(0)
        assert (read.type, read.classifications, read.metadata) == ("meeting", ["x"], {"room": 1})
        assert (read.resource_refs, read.entity_refs, read.parent_moment) == ([about], ["plain"], parent)

    def test_moments_by_time(self, db):
        start = datetime(2026, 1, 1, tzinfo=timezone.utc)
        for day in range(10):
            db.create_moment(Moment(timestamp=start + timedelta(days=day), type="t", metadata={"day": day}))
        query = Query().filter(Gte("timestamp", start + timedelta(days=3))).filter(Lt("timestamp", start + timedelta(days=6)))
        assert [m.metadata["day"] for m in db.query_moments(query.sort("timestamp", Order.DESC))] == [5, 4, 3]

    def test_lookup_by_id_name_and_alias_in_any_case(self, db):
        ann = db.create_entity(Entity(type="person", name="Ann Lee", aliases=["Annie", "AL"]))
        db.create_entity(Entity(type="person", name="Bob"))
        db.create_resource(Resource(name="Ann Lee", content="is no entity"))
        for key in (str(ann), ann, "Ann Lee", "ann lee", "ANNIE", "al"):
            assert [found.id for found in db.lookup_entity(key)] == [ann], key
        assert db.lookup_entity("nobody") == []

    @pytest.mark.parametrize("name", ["id", "issue_number", "ticket_id", "employee_id", "code", "identifier"])
    def test_lookup_by_an_identifier_property(self, db, name):
        id = db.create_entity(Entity(type="issue", name="Broken", properties={name: "TAP-1234"}))
        assert [found.id for found in db.lookup_entity("TAP-1234")] == [id]

    def test_lookup_finds_records_of_registered_tables(self, db):
        db.register_schema("employees", {"type": "object", "key_field": "badge", "properties": {
            "badge": {"type": "string"}, "name": {"type": "string"}}})
        id = db.insert("employees", {"badge": "B-7", "name": "Carl"})
        found = db.lookup_entity("B-7")
        assert [(e.id, e.type, e.name, e.properties["badge"]) for e in found] == [(id, "employees", "Carl", "B-7")]


class TestQueries:
    @pytest.fixture(autouse=True)
    def entities(self, db):
        for i, name in enumerate(["alpha", "beta", "gamma", "delta"]):
            db.create_entity(Entity(type="even" if i % 2 == 0 else "odd", name=name,
                                    properties={"rank": i, **({"note": f"N{i}"} if i > 1 else {})}))
        self.db = db

    def ask(self, *predicates):
        query = Query().sort("name")
        for predicate in predicates:
            query.filter(predicate)
        return names(self.db.query_entities(query))

    @pytest.mark.parametrize("predicate, expected", [
        (All(), ["alpha", "beta", "delta", "gamma"]),
        (Eq("type", "even"), ["alpha", "gamma"]),
        (Ne("name", "alpha"), ["beta", "delta", "gamma"]),
        (Gt("rank", 1), ["delta", "gamma"]),
        (Gte("rank", 1), ["beta", "delta", "gamma"]),
        (Lt("rank", 1), ["alpha"]),
        (Lte("rank", 1), ["alpha", "beta"]),
        (In("name", ["alpha", "delta", "other"]), ["alpha", "delta"]),
        (NotIn("name", ["alpha", "delta"]), ["beta", "gamma"]),
        (Contains("name", "lt"), ["delta"]),
        (Contains("name", "LT"), []),
        (StartsWith("name", "be"), ["beta"]),
        (EndsWith("name", "ta"), ["beta", "delta"]),
        (Exists("note"), ["delta", "gamma"]),
        (NotExists("note"), ["alpha", "beta"]),
        (Not(Eq("type", "even")), ["beta", "delta"]),
        (And(Eq("type", "even"), Gt("rank", 0)), ["gamma"]),
        (Or(Eq("rank", 0), Eq("rank", 3)), ["alpha", "delta"]),
        (Eq("note", None), []),
        (Eq("missing", 1), []),
    ])
    def test_each_predicate(self, predicate, expected):
        assert self.ask(predicate) == expected

    def test_filters_are_anded(self):
        assert self.ask(Eq("type", "odd"), Gt("rank", 2)) == ["delta"]

    def test_sort_skip_take(self):
        query = Query().sort("rank", Order.DESC).skip(1).take(2)
        assert names(self.db.query_entities(query)) == ["gamma", "beta"]
        assert names(self.db.query_entities(Query().take(0))) == []

    def test_fields_reach_metadata_of_resources(self):
        self.db.create_resource(Resource(name="a", content="b", metadata={"status": "open", "deep": {"er": 1}}))
        self.db.create_resource(Resource(name="c", content="d"))
        assert names(self.db.query_resources(Query().filter(Eq("status", "open")))) == ["a"]
        assert names(self.db.query_resources(Query().filter(Eq("metadata.deep.er", 1)))) == ["a"]

    def test_agrees_with_plain_python_on_random_queries(self):
        compare = {Eq: lambda a, b: a == b, Ne: lambda a, b: a != b, Gt: lambda a, b: a > b, Lte: lambda a, b: a <= b}
        seed = random.randrange(2**32)
        chance = random.Random(seed)
        rows = [{"a": chance.randrange(5), "b": chance.choice(["x", "y", "z"])} for _ in range(60)]
        for i, row in enumerate(rows):
            self.db.create_entity(Entity(type="random", name=str(i), properties=row))
        for _ in range(40):
            field, value = chance.choice([("a", chance.randrange(5)), ("b", chance.choice("xyz"))])
            kind = chance.choice(list(compare))
            query = Query().filter(Eq("type", "random")).filter(kind(field, value))
            expected = {str(i) for i, row in enumerate(rows) if compare[kind](row[field], value)}
            assert set(names(self.db.query_entities(query))) == expected, f"seed {seed}: {query!r}"


class TestVectors:
    def test_search_similar_is_best_first_over_both_kinds(self, db):
        near = db.create_entity(Entity(type="t", name="near", embedding=[1.0, 0.0, 0.0]))
        far = db.create_entity(Entity(type="t", name="far"))
        db.set_embedding(far, [0.6, 0.8, 0.0], entity_type="entity")
        hits = db.search_similar([1.0, 0.0, 0.0], top_k=10)
        assert [item.id for item, _ in hits] == [near, far]
        assert [score for _, score in hits] == pytest.approx([1.0, 0.6], abs=1e-5)
        assert [item.id for item, _ in db.search_similar([1.0, 0, 0], min_score=0.7)] == [near]
        assert [item.id for item, _ in db.search_similar([1.0, 0, 0], top_k=1)] == [near]

    def test_set_embedding_of_a_resource_takes_any_dimension(self, db):
        id = db.create_resource(Resource(name="a", content="b"))
        db.set_embedding(id, [0.0, 1.0, 0.0])
        assert db.get_resource(id).embedding == [0.0, 1.0, 0.0]
        assert [(type(item), item.id) for item, _ in db.search_similar([0.0, 1.0, 0.0])] == [(Resource, id)]

    def test_search_hybrid_satisfies_the_query(self, db):
        ids = [db.create_entity(Entity(type="odd" if i % 2 else "even", name=str(i), embedding=[1.0, i / 100]))
               for i in range(20)]
        hits = db.search_hybrid([1.0, 0.0], Query().filter(Eq("type", "odd")), top_k=5)
        assert len(hits) == 5 and {item.type for item, _ in hits} == {"odd"}
        assert hits[0][0].id == ids[1]

    def test_dimensions_that_do_not_fit_are_an_error(self, db):
        first = db.create_entity(Entity(type="t", name="a", embedding=[1.0, 0.0]))
        with pytest.raises(errors.DimensionMismatch):
            db.set_embedding(first, [1.0, 0.0, 0.0], entity_type="entity")
        assert db.get_entity(first).embedding == [1.0, 0.0]

    def test_an_unknown_record_is_an_error(self, db):
        with pytest.raises(errors.NotFound):
            db.set_embedding(uuid4(), [1.0])
        with pytest.raises(errors.NotFound, match="entity_type"):
            db.set_embedding(db.create_entity(Entity(type="t", name="a")), [1.0])

    def test_search_by_text(self, db):
        db.create_resource(Resource(name="photos", content="shrink photos and pictures on the command line"))
        db.create_resource(Resource(name="mail", content="read your letters in a terminal window"))
        assert db.wait_for_worker() is True
        hits = db.search("shrink pictures", top_k=1)
        assert [record["name"] for record, _ in hits] == ["photos"] and hits[0][1] > 0
        with pytest.raises(ValueError):
            db.search("x", top_k=-1)
        with pytest.raises(errors.TableNotFound):
            db.search("x", "no_table")


class Level(str, Enum):
    LOW = "low"
    HIGH = "high"


class Priority(pydantic.BaseModel):
    level: Level = Level.LOW
    reason: Optional[str] = None


class Issue(pydantic.BaseModel):
    """Something to fix."""

    title: str
    priority: Priority
    tags: List[str] = []
    points: Optional[int] = None


class TestSchemas:
    def test_a_model_becomes_a_table(self, db):
        schema = db.register_schema("issues", Issue, indexed_fields=["title", "priority.level"],
                                    mcp_tools=[MCPTool(name="close", description="closes it")])
        assert (schema.name, schema.description, schema.category, schema.version) == ("issues", "Something to fix.", "user", "1.0.0")
        assert schema.short_name == "issues" and schema.required == ["title", "priority"]
        assert list(schema.properties) == ["title", "priority", "tags", "points"]
        assert schema.indexed_fields == ["title", "priority.level"] and schema.tools[0].name == "close"
        assert "Priority" in schema.defs and "$defs" in schema.to_json_schema()
        assert schema.to_json_schema()["properties"]["priority"].get("$ref") == "#/$defs/Priority"
        assert db.get_schema("issues") == schema and "issues" in db.list_schemas()

    def test_defaults_and_absent_optionals_are_filled_in(self, db):
        db.register_schema("issues", Issue)
        record = db.get(db.insert("issues", {"title": "a", "priority": {}}))
        assert record["priority"] == {"level": "low", "reason": None} and record["tags"] == [] and record["points"] is None

    def test_bad_data_is_refused(self, db):
        db.register_schema("issues", Issue)
        for bad in ({}, {"title": 3, "priority": {}}, {"title": "a", "priority": {"level": "middle"}}):
            with pytest.raises(errors.ValidationError):
                db.insert("issues", bad)
        with pytest.raises(ValueError, match="does not exist"):
            db.insert("no_such_table", {})
        assert db.count("issues") == 0

    def test_the_short_name_and_the_name_both_find_it(self, db):
        db.register_schema("my_issues", {"type": "object", "short_name": "mine", "fully_qualified_name": "app.issues",
                                         "category": "public", "version": "2.1.0", "properties": {"a": {"type": "string"}}})
        for name in ("my_issues", "mine", "app.issues"):
            schema = db.get_schema(name)
            assert (schema.name, schema.short_name, schema.fully_qualified_name) == ("my_issues", "mine", "app.issues")
        assert schema.version == "2.1.0" and db.list_schemas_by_category("public") == ["my_issues"]
        assert db.get_schema("nothing") is None

    def test_built_in_tables_and_categories(self, db):
        assert {"resources", "agents", "sessions", "messages", "moments"} <= {schema.name for schema in db.list_schemas()}
        assert {"resources", "agents"} <= {schema.name for schema in db.list_schemas_by_category("system")}
        assert {"system", "agents", "public", "user"} <= set(db.get_categories())
        assert db.get_schema("resources").indexed_fields == ["category", "name"]

    def test_a_change_that_breaks_records_is_refused(self, db):
        db.register_schema("t", {"type": "object", "properties": {"a": {"type": "string"}}})
        db.insert("t", {"a": "x"})
        with pytest.raises(errors.SchemaConflict) as caught:
            db.register_schema("t", {"type": "object", "properties": {"a": {"type": "integer"}}})
        assert caught.value.detail
        with pytest.raises(errors.InvalidSchema):
            db.register_schema("u", {"type": "no such type"})

    def test_indexed_fields_of_the_constructor(self, tmp_path):
        with REMDatabase("t", tmp_path / "db", indexed_fields={"resources": ["uri", "undeclared"]}) as db:
            assert db.get_schema("resources").indexed_fields == ["category", "name", "uri"]
            db.create_resource(Resource(name="a", content="b", uri="file:x"))
            assert names(db.query_resources(Query().filter(Eq("uri", "file:x")))) == ["a"]
        with REMDatabase("t", tmp_path / "db", indexed_fields=["uri"]) as db:
            assert "uri" in db.get_schema("resources").indexed_fields

    def test_an_unknown_embedding_model_is_a_warning(self, tmp_path):
        with pytest.warns(UserWarning, match="all-MiniLM"):
            REMDatabase("t", tmp_path / "db", embedding_model="all-MiniLM-L6-v2").close()


class TestSql:
    @pytest.fixture(autouse=True)
    def rows(self, db):
        db.register_schema("items", {"type": "object", "indexed_fields": ["category"], "properties": {
            "name": {"type": "string"}, "category": {"type": "string"}, "price": {"type": "number"},
            "stock": {"type": "integer"}, "details": {"type": "object"}, "tags": {"type": "array"}}})
        self.ids = db.insert_batch("items", [
            {"name": "lamp", "category": "electronics", "price": 9.5, "stock": 3, "details": {"w": 40}, "tags": ["a", "b"]},
            {"name": "desk", "category": "furniture", "price": 99.0, "stock": 1},
            {"name": "chair", "category": "furniture", "price": 49.0, "stock": 0}])
        self.db = db

    def test_a_projection_has_the_named_keys_in_order(self):
        rows = self.db.sql("SELECT name, price FROM items WHERE stock > 0 ORDER BY price")
        assert rows == [{"name": "lamp", "price": 9.5}, {"name": "desk", "price": 99.0}]
        assert list(rows[0]) == ["name", "price"]

    def test_a_star_holds_nested_values(self):
        rows = self.db.sql("SELECT * FROM items WHERE name = 'lamp'")
        assert rows[0]["details"] == {"w": 40} and rows[0]["tags"] == ["a", "b"] and rows[0]["price"] == 9.5

    def test_a_star_holds_undeclared_values(self):
        self.db.insert("items", {"name": "rug", "colour": "red", "size": {"w": 2}})
        rows = self.db.sql("SELECT * FROM items WHERE stock IS NULL")
        assert [(row["name"], row["colour"], row["size"]) for row in rows] == [("rug", "red", {"w": 2})]
        assert "*" not in rows[0] and "*" in self.db.execute("SELECT * FROM items").columns
        assert self.db.sql("SELECT colour FROM items WHERE name = 'rug'") == [{"colour": "red"}]

    def test_double_quotes_are_texts_where_they_name_no_column(self):
        assert len(self.db.sql('SELECT name FROM items WHERE category = "furniture"')) == 2
        assert self.db.sql('SELECT "name" FROM items WHERE "category" = "electronics"') == [{"name": "lamp"}]

    def test_ids_and_times_are_texts_and_a_uuid_compares_with_its_text(self):
        rows = self.db.sql(f"SELECT id, created_at FROM items WHERE id = '{self.ids[1]}'")
        assert rows[0]["id"] == str(self.ids[1]) and rows[0]["created_at"].endswith("Z")

    def test_parameters(self):
        assert self.db.sql("SELECT name FROM items WHERE price > $1 AND category = $2", [50, "furniture"]) == [{"name": "desk"}]
        assert self.db.sql("SELECT name FROM items WHERE id = $1", [self.ids[2]]) == [{"name": "chair"}]

    @pytest.mark.parametrize("statement", ["", "SELECT , FROM items", "SELECT * FROM", "nonsense", "SELECT * FROM items WHERE"])
    def test_what_does_not_parse_is_a_value_error(self, statement):
        with pytest.raises(ValueError):
            self.db.sql(statement)

    def test_unknown_names_are_value_errors(self):
        with pytest.raises(ValueError, match="Table .* does not exist"):
            self.db.sql("SELECT * FROM nothing")
        with pytest.raises(TypeError):
            self.db.sql(None)

    def test_search_in_sql(self):
        self.db.create_resource(Resource(name="a", content="cats and dogs"))
        rows = self.db.sql('SELECT name FROM resources WHERE embedding.cosine("dogs and cats") LIMIT 1')
        assert rows == [{"name": "a"}]

    def test_explain_names_the_table(self):
        assert "items" in self.db.explain("SELECT name FROM items WHERE category = 'x'")


class TestTenants:
    def test_see_only_their_own_rows(self, db):
        id = db.create_resource(Resource(name="mine", content="x"))
        with REMDatabase("tenant-b", path=db.path) as other:
            assert other.get_resource(id) is None and other.query_resources() == []
            assert other.delete_resource(id) is False and other.lookup_entity("mine") == []
            other.create_resource(Resource(name="theirs", content="y"))
        assert names(db.query_resources()) == ["mine"]
        assert set(db.info()["tenants"]) >= {"tenant-a", "tenant-b"}

    def test_info_tells_of_vector_indexes(self, db):
        assert db.info()["vector_indexes"] == []
        db.sql("CREATE TABLE places (id serial PRIMARY KEY, at vector(2))")
        db.sql("INSERT INTO places (at) SELECT ('[' || i || ',1]')::vector FROM generate_series(1, 5100) AS s(i)")
        db.sql("CREATE INDEX near ON places USING hnsw (at)")
        deadline = time.monotonic() + 60
        while db.info()["vector_indexes"][0]["state"] != "ready" and time.monotonic() < deadline:
            time.sleep(0.02)
        [index] = db.info()["vector_indexes"]
        assert index["memory_bytes"] > 5100 * 64 and index["memory_limit"] == 8 << 30
        del index["memory_bytes"], index["disk_bytes"], index["memory_limit"]
        assert index == {
            "table": "places", "column": "at", "metric": "cosine", "name": "near", "state": "ready", "codes": "int8",
            "m": 16, "ef_construction": 200, "rows": 5100, "recall": None, "recall_samples": 0, "ef": 100}
        assert db.sql("SELECT table_name, state, row_count FROM vector_indexes()") == [
            {"table_name": "places", "state": "ready", "row_count": 5100}]

    def test_a_database_never_closed_loses_nothing(self, tmp_path, run_python):
        id = run_python("""
        import os, sys
        from rem_db import REMDatabase, Resource
        db = REMDatabase("t", sys.argv[1])
        print(db.create_resource(Resource(name="kept", content="x")), flush=True)
        os._exit(0)
        """, tmp_path / "db").strip()
        with REMDatabase("t", tmp_path / "db") as db:
            assert db.get_resource(id).name == "kept"

    def test_memory_leaves_no_file(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with REMDatabase("t", ":memory:") as db:
            db.create_resource(Resource(name="a", content="b"))
            assert len(db.query_resources()) == 1
        assert list(tmp_path.iterdir()) == []


class TestChangeLog:
    def test_entries_tell_what_happened(self, db):
        start = db.get_current_seq()
        id = db.create_resource(Resource(name="a", content="b"))
        db.delete_resource(id)
        assert db.get_current_seq() == start + 2
        entries = db.get_wal_entries(start + 1)
        assert [set(entry) for entry in entries] == 2 * [
            {"seq_num", "tenant_id", "tablespace", "operation", "key", "value", "timestamp"}]
        assert [entry["seq_num"] for entry in entries] == [start + 1, start + 2]
        assert [entry["operation"] for entry in entries] == ["insert", "delete"]
        assert {(entry["tenant_id"], entry["tablespace"], entry["key"]) for entry in entries} == {
            ("tenant-a", "resources", str(id))}
        assert entries[0]["value"]["name"] == "a" and entries[1]["value"] is None
        assert len(db.get_wal_entries(start + 1, limit=1)) == 1
        assert len(db.get_wal_entries(start + 1, end_seq=start + 1)) == 1


def test_threads_read_and_write_together(db):
    failures = []

    def work(number):
        try:
            for i in range(50):
                id = db.create_entity(Entity(type=f"t{number}", name=f"{number}-{i}"))
                assert db.get_entity(id).name == f"{number}-{i}"
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [] and len(db.query_entities()) == 200

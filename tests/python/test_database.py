import csv
import json
import os

import pytest

from rem_db import Database, errors
from rem_db.database import default_path
from rem_db.models import Article, Person

ITEMS = {"type": "object", "key_field": "sku", "indexed_fields": ["sku"], "required": ["sku"], "properties": {
    "sku": {"type": "string"}, "name": {"type": "string"}, "price": {"type": "number"}, "on": {"type": "boolean"},
    "details": {"type": "object"}}}


@pytest.fixture
def items(records):
    records.register_schema("items", ITEMS)
    return records


def test_paths_and_tenants_have_defaults(monkeypatch, tmp_path):
    for name in ("P8_DB_PATH", "P8_HOME", "P8_TENANT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_path() == str(tmp_path / ".p8" / "db")
    with Database() as db:
        assert (db.path, db.tenant_id) == (str(tmp_path / ".p8" / "db"), "default")
    monkeypatch.setenv("P8_HOME", str(tmp_path / "home"))
    assert default_path() == str(tmp_path / "home" / "db")
    monkeypatch.setenv("P8_DB_PATH", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("P8_TENANT_ID", "me")
    with Database() as db:
        assert (db.path, db.tenant_id) == (str(tmp_path / "elsewhere"), "me")
    with Database(tmp_path / "given", "you") as db:
        assert (db.path, db.tenant_id) == (str(tmp_path / "given"), "you")


def test_insert_get_update_delete(items):
    id = items.insert("items", {"sku": "a", "name": "lamp", "details": {"w": 40, "h": 2}})
    assert isinstance(id, str)
    record = items.get(id)
    assert (record["id"], record["sku"], record["details"]) == (id, "a", {"w": 40, "h": 2})
    assert record["created_at"].endswith("Z") and record["modified_at"].endswith("Z") and record["deleted_at"] is None
    changed = items.update(id, {"name": "big lamp", "details": {"h": None}})
    assert (changed["name"], changed["details"]) == ("big lamp", {"w": 40})
    assert items.get(id) == changed
    assert items.delete(id) is True and items.get(id) is None and items.delete(id) is False
    assert items.restore(id) is True and items.get(id)["name"] == "big lamp"
    assert items.delete(id, purge=True) is True and items.restore(id) is False


def test_an_update_may_name_the_version_it_saw(items):
    id = items.insert("items", {"sku": "a"})
    with pytest.raises(errors.Conflict):
        items.update(id, {"name": "x"}, expected_version=10**9)
    with pytest.raises(errors.RecordNotFound):
        items.update("00000000-0000-0000-0000-000000000001", {"name": "x"})
    with pytest.raises(errors.ValidationError):
        items.update(id, {"name": 5})
    assert "name" not in items.get(id) or items.get(id)["name"] is None


def test_the_same_key_is_the_same_record(items):
    first = items.insert("items", {"sku": "a", "price": 1.0})
    created = items.get(first)["created_at"]
    assert items.insert("items", {"sku": "a", "price": 2.0}) == first
    assert (items.get(first)["price"], items.get(first)["created_at"]) == (2.0, created)
    assert items.count("items") == 1


def test_a_batch_is_all_or_nothing(items):
    ids = items.insert_batch("items", ({"sku": str(i)} for i in range(3)))
    assert [items.get(id)["sku"] for id in ids] == ["0", "1", "2"]
    with pytest.raises(errors.ValidationError):
        items.insert_batch("items", [{"sku": "9"}, {"name": "no key"}])
    assert items.count("items") == 3
    assert items.insert_batch("items", []) == []


def test_get_batch_keeps_the_order(items):
    a, b = items.insert_batch("items", [{"sku": "a"}, {"sku": "b"}])
    missing = "00000000-0000-0000-0000-000000000001"
    found = items.get_batch([b, missing, a])
    assert [record and record["sku"] for record in found] == ["b", None, "a"]


def test_upsert_makes_tables_of_classes(records):
    ids = records.upsert([Person(name="Ann", email="a@x.org"), Article(title="t", content="c"), Person(name="Bob", email="b@x.org")])
    assert [type(id) for id in ids] == [str, str, str]
    assert [records.get(id).get("name") for id in ids] == ["Ann", None, "Bob"]
    assert records.get_schema("people") == "Person" and records.get_schema("Person").key_field == "email"
    assert records.upsert([Person(name="Anna", email="a@x.org")]) == ids[:1]
    assert records.get(ids[0])["name"] == "Anna" and records.count("Person") == 2
    assert records.upsert([]) == []


def test_lookup_by_key(items):
    id = items.insert("items", {"sku": "Lamp-1"})
    assert [record["id"] for record in items.lookup("lamp-1")] == [id]
    assert [[record["id"] for record in found] for found in items.lookup_batch(["nothing", "Lamp-1", id])] == [[], [id], [id]]


def test_query_is_sql(items):
    items.insert_batch("items", [{"sku": "a", "price": 1.5}, {"sku": "b", "price": 2.5}])
    assert items.query("SELECT sku FROM items WHERE price > 2") == items.sql("SELECT sku FROM items WHERE price > 2") == [{"sku": "b"}]


def test_search_gives_flat_records(records):
    id = records.insert("resources", {"name": "a", "content": "shrink photos on the command line"})
    hits = records.search("shrink photos", "resources", 3)
    assert [(record["id"], record["name"]) for record, _ in hits] == [(id, "a")]
    assert 0 < hits[0][1] <= 1.0001


def test_export_jsonl(items, tmp_path):
    rows = [{"sku": f"s{i}", "name": "äö\n\"quoted\"", "details": {"n": i}} for i in range(2500)]
    items.insert_batch("items", rows)
    assert items.export("items", tmp_path / "out.jsonl") == 2500
    read = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [{key: row[key] for key in ("sku", "name", "details")} for row in read] == rows
    assert all(row["id"] and row["created_at"] for row in read)
    assert os.listdir(tmp_path).count("out.jsonl.part") == 0


def test_export_csv(items, tmp_path):
    items.insert("items", {"sku": "a", "name": "x, \"y\"\nz", "price": 1.5, "on": True, "details": {"n": [1]}})
    items.insert("items", {"sku": "b"})
    assert items.export("items", tmp_path / "out.csv", format="csv") == 2
    with open(tmp_path / "out.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["id", "sku", "name", "price", "on", "details", "created_at", "modified_at"]
    assert rows[1][1:6] == ["a", "x, \"y\"\nz", "1.5", "true", '{"n": [1]}']
    assert rows[2][1:6] == ["b", "", "", "", ""]


def test_export_leaves_no_half_file(items, tmp_path, monkeypatch):
    items.insert("items", {"sku": "a"})
    with pytest.raises(ValueError, match="xml"):
        items.export("items", tmp_path / "out.xml", format="xml")
    with pytest.raises(errors.TableNotFound):
        items.export("nothing", tmp_path / "out")
    monkeypatch.setattr(json, "dumps", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        items.export("items", tmp_path / "out.jsonl")
    assert not [name for name in os.listdir(tmp_path) if name.startswith("out")]


def test_register_schema_takes_a_class_alone(records):
    assert records.register_schema(Article).short_name == "articles"
    with pytest.raises(TypeError):
        records.register_schema(5, {})


def test_a_reopened_database_has_everything(tmp_path):
    with Database(tmp_path / "db") as db:
        db.register_schema("items", ITEMS)
        id = db.insert("items", {"sku": "a"})
    with Database(tmp_path / "db") as db:
        assert db.get(id)["sku"] == "a" and list(db.get_schema("items").properties) == list(ITEMS["properties"])


def test_repr_names_path_and_tenant(records):
    assert repr(records) == f"<Database {records.path!r}, tenant 'default'>"

"""Schemas: adding from JSON and YAML, listing, showing."""

import json

YAML = """\
# A comment
short_name: books
category: public
indexed_fields: [year]
type: object
properties:
  title:            # the first column
    type: string
  year: {type: integer}
  "author name":
    type: string
    description: "who: wrote it"
required: [title]
"""


def order_of(cli, table):
    return json.loads(cli.ok("schema", "show", table)).get("x-rem-property-order")


def test_json_schema_keeps_the_declared_order(cli):
    assert order_of(cli, "notes") == ["text", "name", "size"]


def test_yaml_schema_keeps_the_declared_order(cli):
    (cli.directory / "books.yaml").write_text(YAML)
    assert cli.ok("schema", "add", "books.yaml") == "table books is ready, version 1.0.0; indexed: year\n"
    assert order_of(cli, "books") == ["title", "year", "author name"]


def test_schema_comes_from_standard_input_and_yaml_is_recognised(cli):
    cli.ok("schema", "add", "-", stdin=YAML)
    assert "books" in [table["name"] for table in cli.json("schemas")]


def test_an_order_that_the_schema_gives_is_kept(cli):
    schema = {"type": "object", "properties": {"b": {}, "a": {}}, "x-rem-property-order": ["a", "b"]}
    cli.ok("schema", "add", "-", "--name", "given", stdin=json.dumps(schema))
    assert order_of(cli, "given") == ["a", "b"]


def test_order_is_told_through_escapes_and_nesting(cli):
    text = r'{"type": "object", "x": {"properties": {"no": 1}}, "y": "}\"{", "properties": {"z\u00e4": {"enum": ["}", "\\"]}, "b": {}, "a": true}}'
    cli.ok("schema", "add", "-", "--name", "tricky", stdin=text)
    assert order_of(cli, "tricky") == ["zä", "b", "a"]


def test_name_comes_from_the_file_without_short_name(cli):
    (cli.directory / "people.schema.json").write_text('{"type": "object", "properties": {"name": {"type": "string"}}}')
    assert cli.json("schema", "add", "people.schema.json")["name"] == "people"


def test_standard_input_without_a_name_is_wrong_usage(cli):
    assert "--name" in cli.fails("schema", "add", "-", stdin='{"type": "object"}', code=2)


def test_category_filters_the_list(cli):
    names = [table["name"] for table in cli.json("schemas", "--category", "system")]
    assert {"resources", "agents", "sessions", "messages", "moments"} <= set(names) and "notes" not in names
    assert " notes " in cli.ok("schemas", "--category", "user")


def test_schema_show_feeds_schema_add(cli):
    shown = cli.ok("schema", "show", "notes")
    cli.ok("schema", "add", "-", "--tenant", "copy", stdin=shown)
    assert json.loads(cli.ok("schema", "show", "notes", "--tenant", "copy")) == json.loads(shown)
    assert cli.json("schema", "show", "notes")["json_schema"] == json.loads(shown)


def test_a_conflict_is_refused_until_forced(cli):
    cli.ok("insert", "notes", "--data", '{"name": "a"}')
    changed = json.loads((cli.directory / "notes.json").read_text())
    changed["properties"]["size"] = {"type": "string"}
    (cli.directory / "changed.json").write_text(json.dumps(changed))
    error = cli.fails("schema", "add", "changed.json")
    assert "detail: " in error and "size" in error
    cli.ok("schema", "add", "changed.json", "--force")


def test_bad_files_are_explained(cli):
    assert "No such file" in cli.fails("schema", "add", "none.json")
    (cli.directory / "bad.json").write_text('{"type": ')
    assert "line 1" in cli.fails("schema", "add", "bad.json")
    (cli.directory / "bad.yaml").write_text("a: [1, 2\nb: }")
    assert "line" in cli.fails("schema", "add", "bad.yaml")
    assert "directory" in cli.fails("schema", "add", cli.directory)

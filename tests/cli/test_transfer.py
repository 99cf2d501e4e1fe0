"""Export and import: our format and the Python prototype's."""

import json

RECORD = "0b6f1c1e-9d7a-5c62-8a40-3f2f7f1f4f10"


def test_export_and_import_make_an_equal_copy(cli):
    cli.ok("insert", "notes", "--data", '[{"name": "a", "text": "first", "size": 1}, {"name": "b"}]')
    cli.ok("insert", "resources", "--data", '{"name": "r", "content": "text", "embedding": [0.5, 0.25, -1]}')
    cli.ok("insert", "entities", "--data", '{"type": "person", "name": "Ada", "aliases": ["Lovelace"], "properties": {"born": 1815}}')
    assert cli.ok("export", "--all", "--file", "all.jsonl") == "4 records written to all.jsonl\n"
    answer = cli.json("import", "all.jsonl", "--path", "copy") if cli.ok("init", "--path", "copy") else None
    assert answer == {"imported": {"entities": 1, "notes": 2, "resources": 1}, "rejected": 0}
    cli.ok("export", "--all", "--file", "again.jsonl", "--path", "copy")
    first, second = [[json.loads(line) for line in (cli.directory / name).read_text().splitlines()] for name in ("all.jsonl", "again.jsonl")]
    for line in first + second:
        line.pop("modified_at", None)
    key = lambda line: json.dumps(line, sort_keys=True)
    assert sorted(first, key=key) == sorted(second, key=key)
    assert [line["vectors"]["embedding"] for line in first if line.get("table") == "resources"] == [[0.5, 0.25, -1]]


def test_export_to_standard_output_starts_with_its_version(cli):
    cli.ok("insert", "notes", "--data", '{"name": "a"}')
    lines = [json.loads(line) for line in cli.ok("export", "notes").splitlines()]
    assert lines[0] == {"rem_export": 1}
    assert lines[1]["schema"] == "notes" and lines[1]["json_schema"]["short_name"] == "notes"
    assert lines[2]["table"] == "notes" and lines[2]["properties"]["name"] == "a"


def test_export_leaves_out_vectors_on_request(cli):
    cli.ok("insert", "notes", "--data", '{"name": "a", "text": "embedded"}')
    assert '"vectors":{"embedding":[' in cli.ok("export", "notes")
    assert "vectors" not in cli.ok("export", "notes", "--no-vectors")


def test_export_to_a_bad_place_leaves_nothing(cli):
    assert "cannot write" in cli.fails("export", "notes", "--file", "none/x.jsonl")
    assert "does not exist" in cli.fails("export", "noets", "--file", "x.jsonl")
    assert not list(cli.directory.glob("x.jsonl*"))


def test_export_as_json_reports_the_count(cli):
    assert cli.json("export", "notes", "--file", "x.jsonl") == {"exported": 0, "file": "x.jsonl"}


def test_import_of_the_prototype_puts_types_into_tables(cli):
    lines = [
        {"id": RECORD, "type": "notes", "name": "a", "properties": {"text": "hello", "size": 2}, "embedding": None,
         "created_at": "2024-05-06T07:08:09Z", "modified_at": "2024-05-06T07:08:09Z", "deleted_at": None, "edges": [], "aliases": []},
        {"type": "person", "name": "Ada", "aliases": ["Countess"], "properties": {"born": 1815}, "embedding": None},
        {"type": "resources", "name": "doc", "properties": {"content": "body", "category": "c"}, "embedding": [1, 0]},
    ]
    (cli.directory / "old.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    text = cli.ok("import", "old.jsonl")
    assert "1 record stored in entities" in text and "1 record stored in notes" in text
    note = json.loads(cli.ok("get", RECORD))
    assert note["properties"]["text"] == "hello" and note["properties"]["name"] == "a" and note["properties"]["size"] == 2
    assert note["created_at"] == "2024-05-06T07:08:09Z"
    entity = cli.rows("entities")[0]["properties"]
    assert entity["type"] == "person" and entity["properties"] == {"born": 1815}
    assert "Ada" in cli.ok("lookup", "countess")
    resource = json.loads(cli.ok("export", "resources").splitlines()[-1])
    assert resource["properties"]["content"] == "body" and resource["vectors"]["embedding"] == [1, 0]


def test_import_keeps_deleted_records_deleted(cli):
    line = {"id": RECORD, "type": "notes", "name": "gone", "properties": {}, "deleted_at": "2024-05-06T07:08:09Z"}
    cli.ok("import", "-", stdin=json.dumps(line))
    assert cli.count("notes") == 0
    cli.ok("restore", RECORD)
    assert cli.count("notes") == 1


def test_import_refuses_bad_lines_and_stores_the_others(cli):
    lines = ['{"type": "notes", "name": "a", "properties": {}}', "[]", "{}", "no", '{"table": "noets", "properties": {}}',
             '{"table": "notes", "properties": []}', '{"table": "notes", "properties": {"size": 1}}']
    finished = cli.run("import", "-", stdin="\n".join(lines))
    assert finished.returncode == 1 and "1 record stored in notes" in finished.stdout
    bad = [json.loads(line) for line in (cli.directory / "import.rejects.jsonl").read_text().splitlines()]
    assert sorted(line["line"] for line in bad) == [2, 3, 4, 5, 6, 7]
    assert all(line["error"] for line in bad)


def test_import_of_a_newer_format_is_refused(cli):
    error = cli.fails("import", "-", stdin='{"rem_export": 2}\n{"table": "notes", "properties": {"name": "a"}}')
    assert "format 2" in error and "hint" in error
    assert cli.count("notes") == 0

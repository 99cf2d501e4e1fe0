"""Databases and tenants: where they are, making, describing and cleaning them."""

import json


def test_init_makes_the_database_and_is_repeatable(empty_cli):
    first = empty_cli.json("init")
    assert first["path"].endswith("/db")
    assert empty_cli.json("init") == first
    assert empty_cli.ok("init").startswith("ready ")


def test_new_makes_a_named_database_once(empty_cli):
    directory = empty_cli.directory / "home/.p8/node/db/shop"
    assert empty_cli.ok("new", "shop") == f"made {directory}\n"
    assert directory.is_dir()
    error = empty_cli.fails("new", "shop")
    assert "there already" in error and "--db shop" in error
    assert empty_cli.json("info", "--db", "shop")["path"].endswith("/shop")


def test_home_variable_moves_named_databases_and_the_default(empty_cli):
    home = empty_cli.directory / "elsewhere"
    empty_cli.ok("new", "shop", P8_HOME=str(home))
    assert (home / "node/db/shop").is_dir()
    empty_cli.ok("init", P8_HOME=str(home), P8_DB_PATH="")
    assert (home / "db").is_dir()


def test_default_database_is_below_the_home_directory(empty_cli):
    assert empty_cli.json("init", P8_DB_PATH="")["path"] == str(empty_cli.directory / "home/.p8/db")


def test_a_missing_database_is_not_made_by_accident(empty_cli):
    error = empty_cli.fails("info", "--path", "typo")
    assert "no database at typo" in error and "rem-db init --path typo" in error
    assert not (empty_cli.directory / "typo").exists()
    assert "rem-db new shop" in empty_cli.fails("schemas", "--db", "shop")


def test_a_path_that_is_a_file_is_explained(empty_cli):
    (empty_cli.directory / "file").write_text("x")
    error = empty_cli.fails("init", "--path", "file")
    assert "error: " in error and "hint: " in error
    assert (empty_cli.directory / "file").read_text() == "x"


def test_an_error_as_json_has_code_and_sqlstate(cli):
    error = json.loads(cli.fails("schema", "show", "noets", "--json"))
    assert error["code"] == "table_not_found" and error["sqlstate"] == "42P01"
    assert "notes" in error["hint"]


def test_info_counts_rows_and_names_tenants(cli):
    cli.ok("insert", "notes", "--data", '[{"name": "a"}, {"name": "b"}]')
    info = cli.json("info")
    assert info["tables"]["notes"] == 2
    assert info["tenants"] == ["default"] and info["tenant"] == "default"
    assert info["sequence"] >= 2 and info["format_version"] >= 1 and info["disk_bytes"] > 0
    text = cli.ok("info")
    assert " notes     |    2" in text and "default" in text


def test_info_tells_of_vector_indexes(cli):
    assert cli.json("info")["vector_indexes"] == []
    assert "vector index" not in cli.ok("info")
    cli.ok("sql", "CREATE TABLE places (id serial PRIMARY KEY, at vector(3))")
    cli.ok("sql", "CREATE INDEX near ON places USING hnsw (at vector_l2_ops) WITH (m = 8, memory_limit = '64MB')")
    [index] = cli.json("info")["vector_indexes"]
    assert index == {
        "table": "places", "column": "at", "metric": "l2", "name": "near", "state": "not needed", "codes": "int8",
        "m": 8, "ef_construction": 200, "memory_limit": 64 << 20, "rows": 0, "memory_bytes": 0, "disk_bytes": 0,
        "recall": None, "recall_samples": 0, "ef": 100}
    text = cli.ok("info")
    assert "places.at" in text and "not needed" in text and "not measured" in text


def test_tenants_do_not_see_each_other(cli):
    cli.ok("insert", "notes", "--data", '{"name": "mine"}')
    cli.ok("schema", "add", "notes.json", "--tenant", "acme")
    assert cli.count("notes", "--tenant", "acme") == 0
    assert cli.count("notes") == 1
    assert cli.json("tenants") == ["acme", "default"]
    assert cli.json("info", P8_TENANT_ID="acme")["tenant"] == "acme"


def test_reading_does_not_make_a_tenant(cli):
    assert "error" in cli.fails("info", "--tenant", "nobody")
    assert cli.json("tenants") == ["default"]


def test_drop_removes_a_tenant(cli):
    cli.ok("schema", "add", "notes.json", "--tenant", "acme")
    assert cli.ok("tenants", "drop", "acme") == "dropped tenant acme\n"
    assert cli.ok("tenants") == "default\n"
    assert "error" in cli.fails("tenants", "drop", "acme")


def test_compact_reports_sizes(cli):
    sizes = cli.json("compact")
    assert sizes["disk_bytes"] > 0 and sizes["disk_bytes_before"] > 0
    assert "on disk" in cli.ok("compact")


def test_check_of_a_sound_database(cli):
    cli.ok("insert", "notes", "--data", '[{"name": "a", "size": 1}, {"name": "b"}]')
    cli.ok("schema", "add", "notes.json", "--tenant", "acme")
    assert cli.ok("check") == "checked 2 tenants: all is sound\n"
    assert cli.json("check") == {"tenants": 2, "problems": []}


def test_check_finds_a_flipped_bit(cli):
    lines = "\n".join('{"name": "n%d", "size": %d, "text": "a text of some words"}' % (i, i) for i in range(500))
    cli.ok("insert", "notes", "-", stdin=lines)
    cli.ok("compact")
    table_file = max((cli.directory / "db").rglob("*.sst"), key=lambda path: path.stat().st_size)
    content = bytearray(table_file.read_bytes())
    content[len(content) // 4] ^= 1
    table_file.write_bytes(content)
    finished = cli.run("check")
    assert finished.returncode == 1
    assert "files: " in finished.stdout and table_file.name in finished.stdout
    assert "restore it from a backup" in finished.stderr
    problems = json.loads(cli.run("check", "--json").stdout)["problems"]
    assert [problem["tenant"] for problem in problems] == [None]


def test_inspect_explains_keys(cli):
    record = cli.ok("insert", "notes", "--data", '{"name": "a"}').strip()
    everything = cli.ok("inspect")
    line = next(line for line in everything.splitlines() if record in line)
    key = line.split()[0]
    assert record in cli.ok("inspect", key)
    assert record in cli.json("inspect", key)["explanation"]
    assert "hex" in cli.fails("inspect", "xyz")

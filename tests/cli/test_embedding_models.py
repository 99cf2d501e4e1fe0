"""Embedding models: listing, testing, and a missing file."""


def test_the_list_names_what_is_available(cli):
    models = {model["name"]: model for model in cli.json("model", "list")}
    assert [name for name, model in models.items() if model["available"]] == [
        "builtin", "hash", "text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002", "embed-english-v3.0",
        "embed-english-light-v3.0", "embed-multilingual-v3.0", "embed-multilingual-light-v3.0"]
    assert models["builtin"]["identity"] == "builtin-1"
    assert models["all-MiniLM-L6-v2"]["dimension"] == 384
    assert models["text-embedding-3-small"]["max_tokens"] == 8191
    table = cli.ok("model", "list")
    assert "all-mpnet-base-v2" in table and "not added" in table


def test_a_model_is_tested(cli):
    result = cli.json("model", "test")
    assert result["model"] == "builtin" and result["dimension"] == 256
    assert result["related"] > result["unrelated"] + 0.1
    assert cli.ok("model", "test", "hash").startswith("hash: vectors of dimension 256")


def test_models_that_cannot_be_run_say_what_to_do(cli):
    assert 'did you mean "builtin"' in cli.fails("model", "test", "bultin")
    failed = cli.fails("model", "test", "all-MiniLM-L6-v2")
    assert "is not on this machine" in failed and "rem-db model add all-MiniLM-L6-v2" in failed
    assert "OPENAI_API_KEY" in cli.fails("model", "test", "text-embedding-3-small")


def test_a_missing_model_file_stops_the_insert_and_names_the_places(cli):
    folder = cli.directory / "models"
    folder.mkdir()
    failed = cli.run("insert", "notes", "--data", '{"name": "a", "text": "red apples"}', REM_DB_MODELS=str(folder))
    assert failed.returncode == 1
    assert "builtin-1.model" in failed.stderr and str(folder) in failed.stderr
    assert cli.json("sql", "SELECT count(*) AS n FROM notes") == [{"n": 0}]
    (folder / "builtin-1.model").write_bytes(b"REMMODEL" + bytes(5000))
    failed = cli.run("insert", "notes", "--data", '{"name": "a", "text": "red apples"}', REM_DB_MODELS=str(folder))
    assert failed.returncode == 1 and "builtin-1.model" in failed.stderr
    cli.ok("insert", "notes", "--data", '{"name": "a", "text": "red apples"}')
    assert cli.json("query", "fruit", "--table", "notes")[0]["properties"]["name"] == "a"

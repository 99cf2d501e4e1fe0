"""Models behind services, and the worker that embeds with them, against a server that speaks the real protocols."""

import json

import pytest

from embedding_server import EmbeddingServer, vector_of


@pytest.fixture
def server():
    server = EmbeddingServer()
    yield server
    server.close()


def add_table(cli, provider, name="pages"):
    schema = {"short_name": name, "type": "object", "properties": {"content": {"type": "string"}},
              "embedding_provider": provider}
    (cli.directory / "pages.json").write_text(json.dumps(schema))
    return cli.ok("schema", "add", cli.directory / "pages.json", "--name", name)


def compatible(server):
    return f"openai-compatible:{server.address}/v1#tiny"


def insert(cli, *texts, table="pages", server=None, **environment):
    """With a server, the program that inserts cannot embed: all is left to a later one."""
    rows = "\n".join(json.dumps({"content": text}) for text in texts)
    if server is not None:
        server.away = True
    cli.ok("insert", table, "-", stdin=rows, **environment)
    if server is not None:
        server.away = False


def vectors(cli, table="pages"):
    lines = [json.loads(line) for line in cli.ok("export", table).splitlines()]
    return {line["properties"]["content"]: line.get("vectors", {}).get("embedding") for line in lines if "properties" in line}


def test_a_compatible_service_fills_a_table(cli, server):
    add_table(cli, compatible(server))
    insert(cli, "red apples", "green pears")
    assert "all records have their embeddings" in cli.ok("embed")
    found = vectors(cli)
    assert found["red apples"] == pytest.approx(vector_of("red apples", 8), abs=1e-6)
    assert found["green pears"] == pytest.approx(vector_of("green pears", 8), abs=1e-6)
    path, headers, body = server.requests[-1]
    assert path == "/v1/embeddings" and body["model"] == "tiny" and body["encoding_format"] == "float"
    assert "Authorization" not in headers
    hits = cli.json("query", "red apples", "--table", "pages")
    assert hits[0]["properties"]["content"] == "red apples" and hits[0]["score"] == pytest.approx(1, abs=1e-5)
    rows = cli.json("sql", "SELECT content FROM pages WHERE embedding.cosine('green pears') LIMIT 1")
    assert rows == [{"content": "green pears"}]
    cli.ok("check")


def test_openai_takes_its_key_and_never_shows_it(cli, server):
    server.dimension = 1536
    server.key = "sk-very-secret-0123456789"
    add_table(cli, "text-embedding-3-small")
    base = {"OPENAI_BASE_URL": server.address + "/v1"}
    insert(cli, "red apples", **base)
    status = cli.json("embed", "--status", **base)
    assert status["pending"] == 1 and status["queues"][0]["provider"] == "text-embedding-3-small"
    assert server.requests == []
    failed = cli.run("query", "apples", "--table", "pages", **base)
    assert failed.returncode == 1 and "OPENAI_API_KEY" in failed.stderr
    wrong = cli.run("query", "apples", "--table", "pages", OPENAI_API_KEY="sk-wrong-key-9876543210", **base)
    assert wrong.returncode == 1 and "refuses the key" in wrong.stderr
    assert "sk-" not in wrong.stdout + wrong.stderr
    key_file = cli.directory / "key"
    key_file.write_text(server.key + "\n")
    cli.ok("embed", OPENAI_API_KEY_FILE=str(key_file), **base)
    assert server.requests[-1][1]["Authorization"] == "Bearer " + server.key
    assert len(vectors(cli)["red apples"]) == 1536
    assert cli.json("query", "red apples", "--table", "pages", OPENAI_API_KEY=server.key, **base)[0]["score"] > 0.99


def test_cohere_embeds_questions_otherwise_than_documents(cli, server):
    server.dimension = 1024
    add_table(cli, "embed-english-v3.0")
    environment = {"REM_DB_COHERE_URL": server.address + "/v2", "CO_API_KEY": "k"}
    insert(cli, "red apples")
    cli.ok("embed", **environment)
    path, _, body = server.requests[-1]
    assert path == "/v2/embed" and body["input_type"] == "search_document" and body["model"] == "embed-english-v3.0"
    cli.ok("query", "apples", "--table", "pages", **environment)
    assert server.requests[-1][2]["input_type"] == "search_query"


@pytest.mark.parametrize("failure", [
    500, 503, (429, [("Retry-After", "1")]), (429, [("x-ratelimit-reset-requests", "200ms")]), "close",
    lambda answer: {"data": answer["data"][1:]},
    lambda answer: {"data": [{"index": 0, "embedding": [1.0, 2.0]}]},
    lambda answer: {"data": [{"index": 7, "embedding": [1.0] * 8}]},
    lambda answer: {"data": [{"index": 0, "embedding": ["x"] * 8}]},
    lambda answer: b"{not json",
    lambda answer: {"something": "else"},
], ids=lambda value: value.__name__ if callable(value) else str(value))
def test_what_fails_once_is_done_in_the_end(cli, server, failure):
    add_table(cli, compatible(server) + "@8")
    insert(cli, "red apples", server=server)
    server.failures = [failure]
    cli.ok("embed")
    assert vectors(cli)["red apples"] == pytest.approx(vector_of("red apples", 8), abs=1e-6)
    assert len(server.requests) >= 2


def test_a_slow_service_is_given_up_in_time(cli, server):
    add_table(cli, compatible(server) + "@8")
    insert(cli, "red apples", server=server)
    server.failures = ["slow", "slow"]
    failed = cli.run("query", "apples", "--table", "pages", "--read-only", REM_DB_HTTP_TIMEOUT_SECONDS="0.3")
    assert failed.returncode == 1 and "did not answer in 300 ms" in failed.stderr
    server.failures = ["slow"]
    cli.ok("embed", REM_DB_HTTP_TIMEOUT_SECONDS="0.3")


def test_one_bad_text_holds_up_no_other(cli, server):
    add_table(cli, compatible(server) + "@8")
    texts = [f"text {i}" for i in range(30)] + ["poison"]
    insert(cli, *texts, server=server)
    finished = cli.run("embed")
    assert finished.returncode == 1 and "a text is refused" in finished.stdout
    found = vectors(cli)
    assert all(found[text] for text in texts[:30]) and not found["poison"]
    status = cli.json("embed", "--status")
    assert status["pending"] == 0 and status["failed"] == 1
    failure = status["failures"][0]
    assert failure["table"] == "pages" and failure["attempts"] == 1 and "HTTP 400" in failure["error"]
    before = len(server.requests)
    cli.run("embed", "--retry")
    assert len(server.requests) == before + 1
    cli.ok("sql", "UPDATE pages SET content = 'cured' WHERE content = 'poison'")
    cli.ok("embed")
    assert vectors(cli)["cured"]


def test_long_and_empty_texts(cli, server):
    add_table(cli, compatible(server) + "@8")
    insert(cli, "word " * 1000, "   ", "x" * 2_000_000, server=server)
    finished = cli.run("embed")
    assert finished.returncode == 1 and "over the limit" in finished.stdout
    found = vectors(cli)
    assert any(found["word " * 1000]) and not any(found["   "]) and not found["x" * 2_000_000]
    sent = server.texts()
    assert "".join(sent) == "word " * 1000 and max(map(len, sent)) <= 1024


def test_names_that_cannot_be(cli, server):
    for name in ["openai-compatible:", "openai-compatible:ftp://x/v1#m", "openai-compatible:http://u:p@x/v1#m",
                 "openai-compatible:http://x/v1#", "openai-compatible:http://x/v1?key=1#m"]:
        (cli.directory / "bad.json").write_text(json.dumps({"type": "object", "properties": {"content": {"type": "string"}},
                                                            "embedding_provider": name}))
        assert "cannot be read" in cli.fails("schema", "add", cli.directory / "bad.json", "--name", "bad")
    assert "cannot be reached" in cli.fails("model", "test", "openai-compatible:http://127.0.0.1:1/v1#m")
    server.failures = [404]
    assert "does not know the address or the model" in cli.fails("model", "test", compatible(server))
    assert cli.json("model", "test", compatible(server))["dimension"] == 8


def test_an_open_table_does_not_ask_for_its_dimension_again(cli, server):
    add_table(cli, compatible(server))
    assert len(server.requests) == 1
    add_table(cli, compatible(server))
    assert len(server.requests) == 1


def test_a_table_is_embedded_anew(cli, server):
    add_table(cli, "hash")
    insert(cli, "red apples", "green pears")
    assert cli.json("embed", "--table", "pages", "--reembed", compatible(server))["embedding_provider"] == compatible(server) + "@8"
    assert vectors(cli)["red apples"] == pytest.approx(vector_of("red apples", 8), abs=1e-6)
    assert cli.json("query", "green pears", "--table", "pages")[0]["properties"]["content"] == "green pears"
    insert(cli, "blue plums")
    cli.ok("embed")
    assert vectors(cli)["blue plums"] == pytest.approx(vector_of("blue plums", 8), abs=1e-6)
    assert "is embedded by hash" in cli.ok("embed", "--table", "pages", "--reembed", "hash")
    assert len(vectors(cli)["blue plums"]) == 256
    insert(cli, "poison")
    assert "a text is refused" in cli.fails("embed", "--table", "pages", "--reembed", compatible(server))
    assert len(vectors(cli)["blue plums"]) == 256
    cli.ok("check")
    assert "did you mean" in cli.fails("embed", "--table", "pages", "--reembed", "hsh")
    assert "--table" in cli.fails("embed", "--reembed", "hash", code=2)

"""The embedding worker and reembed, against a server on this machine."""

import pathlib
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

from embedding_server import EmbeddingServer, vector_of  # noqa: E402
from rem_db import Database, REMDatabase, Resource, errors  # noqa: E402


@pytest.fixture
def server():
    server = EmbeddingServer()
    yield server
    server.close()


def schema(provider):
    return {"type": "object", "properties": {"content": {"type": "string"}}, "embedding_provider": provider}


def test_the_worker_embeds_what_was_inserted(tmp_path, server):
    with Database(str(tmp_path / "db"), "acme") as db:
        db.register_schema("pages", schema(f"openai-compatible:{server.address}#tiny"))
        ids = db.insert_batch("pages", [{"content": f"text {i}"} for i in range(50)])
        assert db.wait_for_worker(30) is True
        status = db.embedding_status()
        assert status["pending"] == 0 and status["failed"] == 0 and status["embedded"] == 50 and status["queues"] == []
        found = db.search("text 7", "pages", top_k=1)
        assert found[0][0]["id"] == ids[7]
        db.insert("pages", {"content": "poison"})
        assert db.wait_for_worker(30) is True
        status = db.embedding_status()
        assert status["failed"] == 1 and "refuses the text" in status["failures"][0]["error"]
        assert status["given_up"] == 1 and status["retried"] == 0 and status["cut_texts"] == 0
        assert db.retry_failed_embeddings() == 1
        assert db.wait_for_worker(30) is True
        assert db.embedding_status()["given_up"] == 2


def test_inserts_wait_while_the_queue_is_full(tmp_path, server):
    page = schema(f"openai-compatible:{server.address}#tiny@8")
    options = {"max_pending_embeddings": 5, "embedding_wait_ms": 0}
    with Database(str(tmp_path / "db"), "acme", **options) as db:
        db.register_schema("pages", page)
        server.away = True
        for i in range(5):
            db.insert("pages", {"content": f"text {i}"})
        with pytest.raises(errors.LimitExceeded, match="max_pending_embeddings"):
            db.insert("pages", {"content": "one too many"})
        assert db.count("pages") == 5
    server.away = False
    with Database(str(tmp_path / "db"), "acme", max_pending_embeddings=5, embedding_wait_ms=60_000) as db:
        for i in range(5, 60):
            db.insert("pages", {"content": f"text {i}"})
            assert db.embedding_status()["pending"] <= 10
        assert db.wait_for_worker(30) is True
        assert db.count("pages") == 60
        assert db.search("text 59", "pages", top_k=1)[0][0]["content"] == "text 59"
    with pytest.raises(errors.InvalidArgument, match="embedding_wait_ms"):
        Database(str(tmp_path / "db"), "acme", embedding_wait_ms=-1)


def test_reembed_changes_a_built_in_table_for_good(tmp_path, server):
    path = str(tmp_path / "db")
    with REMDatabase("acme", path) as db:
        id = db.create_resource(Resource(name="a", content="red apples"))
        seen = []
        assert db.reembed("resources", f"openai-compatible:{server.address}#tiny@8",
                          progress=lambda done, about: seen.append((done, about))) is True
        assert db.get_resource(id).embedding == pytest.approx(vector_of("red apples", 8), abs=1e-6)
    with REMDatabase("acme", path) as db:
        assert db.get_resource(id).embedding == pytest.approx(vector_of("red apples", 8), abs=1e-6)
        server.failures = [503] * 50
        assert db.reembed("resources", f"openai-compatible:{server.address}#other@8", progress=lambda done, about: False) is False
        assert db.wait_for_worker(0.5) is False
        while not db.embedding_status()["queues"]:
            time.sleep(0.01)
        assert db.embedding_status()["queues"][0]["reembedding"] is True
        assert db.reembed("resources", f"openai-compatible:{server.address}#tiny@8") is True
        with pytest.raises(RuntimeError):
            db.reembed("resources", "openai-compatible:http://127.0.0.1:1#x")

"""The embedding worker and reembed, against a server on this machine."""

import pathlib
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

from embedding_server import EmbeddingServer, vector_of  # noqa: E402
from rem_db import Database, REMDatabase, Resource  # noqa: E402


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
        assert db.retry_failed_embeddings() == 1
        assert db.wait_for_worker(30) is True


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

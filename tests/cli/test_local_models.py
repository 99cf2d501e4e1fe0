"""rem-db model add and remove: copies of folders, downloads from a server that fails, and tables over such models."""

import hashlib
import http.server
import pathlib
import signal
import threading
import time

import pytest

ENCODERS = pathlib.Path(__file__).resolve().parents[1] / "data/encoders"

SCHEMA = ('{"title": "Note", "short_name": "memos", "key_field": "name", "embedding_fields": ["text"], "embedding_provider": "local:tiny",'
          ' "type": "object", "properties": {"text": {"type": "string"}, "name": {"type": "string"}}, "required": ["name"]}')


class ModelServer(http.server.ThreadingHTTPServer):
    """Answers as Hugging Face does, for owner/tiny. `drop_after`: bytes of the weights after which the connection ends, once."""

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), ModelHandler)
        self.folder = folder
        self.requests = []
        self.drop_after = None
        self.stall = None  # An event: nothing more comes until it is set.
        self.stalled = threading.Event()
        self.login = None  # A file in whose place something else comes, once.
        self.stated_sha256 = None
        self.etag = '"one"'
        self.status = None
        self.address = f"http://127.0.0.1:{self.server_address[1]}"


class ModelHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server, headers = self.server, self.headers
        server.requests.append((self.path, headers.get("Range"), headers.get("If-Range")))
        if self.path.startswith("/owner/tiny/resolve/main/"):
            name = self.path.removeprefix("/owner/tiny/resolve/main/")
            self.send_response(302)
            self.send_header("Location", f"/store/{name}")
            if name == "model.safetensors" and server.stated_sha256:
                self.send_header("X-Linked-Etag", f'"{server.stated_sha256}"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        file = server.folder / self.path.removeprefix("/store/")
        if server.status or not self.path.startswith("/store/") or not file.is_file():
            self.send_response(server.status or 404)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"gone")
            return
        data, begin = file.read_bytes(), 0
        if headers.get("Range") and headers.get("If-Range") == server.etag:
            begin = int(headers["Range"].removeprefix("bytes=").split("-")[0])
            if begin >= len(data):
                self.send_response(416)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        self.send_header("ETag", server.etag)
        self.send_header("Content-Length", str(len(data) - begin))
        self.end_headers()
        if file.name == server.login:
            self.wfile.write(b"<" * (len(data) - begin))
            server.login = None
            return
        if file.name == "model.safetensors" and server.drop_after is not None:
            self.wfile.write(data[begin:server.drop_after])
            self.wfile.flush()
            if server.stall is not None:
                server.stalled.set()
                server.stall.wait(30)
            server.drop_after = None
            self.close_connection = True
            return
        self.wfile.write(data[begin:])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    with ModelServer(ENCODERS / "bert") as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def models(cli):
    return {model["name"]: model for model in cli.json("model", "list")}


def add_tiny(cli, *options):
    return cli.ok("model", "add", ENCODERS / "bert", "--as", "tiny", *options)


def download(cli, server, *options):
    return cli.run("model", "add", "owner/tiny", "--server", server.address, *options)


def test_a_folder_is_added_listed_tested_and_removed(empty_cli):
    assert add_tiny(empty_cli).startswith("added local:tiny: vectors of dimension 20, texts of up to 30 tokens")
    model = models(empty_cli)["local:tiny"]
    assert model["available"] and model["dimension"] == 20 and model["identity"].startswith("local:tiny@")
    assert (empty_cli.directory / "home/.p8/models/tiny/rem_model.json").exists()
    assert empty_cli.json("model", "test", "local:tiny")["dimension"] == 20
    empty_cli.ok("model", "remove", "local:tiny")
    assert "local:tiny" not in models(empty_cli)
    assert "no model was added" in empty_cli.fails("model", "remove", "tiny")


def test_a_precision_is_chosen_shown_and_kept_apart(empty_cli):
    exact = add_tiny(empty_cli)
    assert exact.strip().endswith("computed in f32")
    added = empty_cli.ok("model", "add", ENCODERS / "bert", "--as", "bytes", "--precision", "int8")
    assert added.strip().endswith("computed in int8")
    known = models(empty_cli)
    assert known["local:bytes"]["precision"] == "int8" and known["local:tiny"]["precision"] == "f32" and known["builtin"]["precision"] == ""
    assert known["local:bytes"]["identity"].split("@")[1] != known["local:tiny"]["identity"].split("@")[1]
    assert empty_cli.json("model", "test", "local:bytes")["precision"] == "int8"
    empty_cli.fails("model", "add", ENCODERS / "bert", "--as", "other", "--precision", "int4", code=2)
    assert "Another model" in empty_cli.fails("model", "add", ENCODERS / "bert", "--as", "tiny", "--precision", "int8")


def test_the_folder_of_models_is_set_by_the_environment(empty_cli):
    empty_cli.ok("model", "add", ENCODERS / "nomic", REM_DB_LOCAL_MODELS="own")
    assert (empty_cli.directory / "own/nomic/model.safetensors").exists()
    empty_cli.ok("model", "add", ENCODERS / "nomic", P8_HOME="p8")
    assert (empty_cli.directory / "p8/models/nomic/model.safetensors").exists()


def test_rows_are_embedded_and_found_with_it(cli):
    add_tiny(cli)
    cli.ok("schema", "add", "-", stdin=SCHEMA)
    cli.ok("insert", "memos", "--data", '{"name": "a", "text": "the red apples"}')
    cli.ok("insert", "memos", "--data", '{"name": "b", "text": "12 + 34, 56 and 78"}')
    cli.ok("embed")
    assert cli.json("query", "the red apples", "--table", "memos")[0]["properties"]["name"] == "a"
    # Without the model the rows stay readable, and nothing is embedded with another one.
    cli.ok("model", "remove", "tiny")
    assert cli.json("sql", "SELECT count(*) AS n FROM memos") == [{"n": 2}]
    assert "rem-db model add tiny" in cli.fails("query", "the red apples", "--table", "memos")
    cli.ok("model", "add", ENCODERS / "mpnet", "--as", "tiny")
    assert "never mixed" in cli.fails("query", "the red apples", "--table", "memos")


def test_texts_that_were_cut_are_told(cli):
    add_tiny(cli)
    cli.ok("schema", "add", "-", stdin=SCHEMA.replace("local:tiny", "hash"))
    cli.ok("insert", "memos", "--data", '{"name": "a", "text": "' + "the red apples " * 20 + '"}')
    told = cli.run("embed", "--table", "memos", "--reembed", "local:tiny")
    assert told.returncode == 0 and "1 text was longer than the 30 tokens that local:tiny reads" in told.stderr


def test_what_is_no_model_is_refused(empty_cli):
    folder = empty_cli.directory / "model"
    folder.mkdir()
    assert "config.json" in empty_cli.fails("model", "add", folder)
    (folder / "config.json").write_bytes((ENCODERS / "bert/config.json").read_bytes())
    (folder / "pytorch_model.bin").write_bytes(b"x")
    assert "pytorch_model.bin is not read" in empty_cli.fails("model", "add", folder)
    assert "no folder and no published model" in empty_cli.fails("model", "add", "no/such/thing")
    assert 'did you mean "all-MiniLM-L6-v2"' in empty_cli.fails("model", "add", "all-MiniLM-L6")
    assert "cannot be called" in empty_cli.fails("model", "add", ENCODERS / "bert", "--as", "../x")
    empty_cli.fails("model", "add", ENCODERS / "bert", "--long-texts", "shorten", code=2)
    assert not [name for name in models(empty_cli) if name.startswith("local:")]


def test_a_model_is_downloaded_by_its_name(empty_cli, server):
    server.stated_sha256 = hashlib.sha256((ENCODERS / "bert/model.safetensors").read_bytes()).hexdigest()
    added = download(empty_cli, server)
    assert added.returncode == 0, added.stderr
    downloaded = models(empty_cli)["local:tiny"]["identity"]
    empty_cli.ok("model", "remove", "tiny")
    add_tiny(empty_cli)
    assert models(empty_cli)["local:tiny"]["identity"] == downloaded


def test_a_download_goes_on_where_it_stopped(empty_cli, server):
    server.drop_after = 10_000
    stopped = download(empty_cli, server)
    assert stopped.returncode == 1 and "call it again to go on" in stopped.stderr
    part = empty_cli.directory / "home/.p8/models/.download-tiny/model.safetensors.part"
    assert part.stat().st_size == 10_000
    server.requests.clear()
    assert download(empty_cli, server).returncode == 0
    # What was there is not fetched again, and of the weights only the rest.
    assert {path for path, _, _ in server.requests if path.startswith("/store/")} - {"/store/tokenizer.json", "/store/config_sentence_transformers.json"} == {
        "/store/model.safetensors"}
    assert ("/store/model.safetensors", "bytes=10000-", '"one"') in server.requests
    assert empty_cli.json("model", "test", "local:tiny")["dimension"] == 20
    assert not part.parent.exists()


def test_an_interrupt_keeps_the_part(empty_cli, server):
    server.drop_after, server.stall = 10_000, threading.Event()
    part = empty_cli.directory / "home/.p8/models/.download-tiny/model.safetensors.part"
    adding = empty_cli.start("model", "add", "owner/tiny", "--server", server.address)
    try:
        assert server.stalled.wait(20)
        give_up = time.monotonic() + 20
        while not (part.exists() and part.stat().st_size > 0) and time.monotonic() < give_up:
            time.sleep(0.01)
        adding.send_signal(signal.SIGINT)
        _, told = adding.communicate(timeout=20)
    finally:
        server.stall.set()
        adding.kill()
    assert adding.returncode != 0 and "cancelled" in told and "call it again to go on" in told
    size = part.stat().st_size
    assert 0 < size <= 10_000
    server.requests.clear()
    assert download(empty_cli, server).returncode == 0
    assert ("/store/model.safetensors", f"bytes={size}-", '"one"') in server.requests


def test_what_came_and_is_no_model_is_not_kept(empty_cli, server):
    """As when a network that wants a login answers with its page."""
    for file in ("config.json", "model.safetensors"):
        server.login = file
        assert download(empty_cli, server).returncode == 1
        assert not (empty_cli.directory / "home/.p8/models/.download-tiny").exists()
    assert download(empty_cli, server).returncode == 0
    assert empty_cli.json("model", "test", "local:tiny")["dimension"] == 20


def test_a_part_of_an_older_version_is_not_gone_on_with(empty_cli, server):
    server.drop_after = 10_000
    assert download(empty_cli, server).returncode == 1
    server.etag = '"two"'
    assert download(empty_cli, server).returncode == 0
    assert empty_cli.json("model", "test", "local:tiny")["dimension"] == 20


def test_the_wrong_digest_is_refused(empty_cli, server):
    wrong = download(empty_cli, server, "--sha256", "0" * 64)
    assert wrong.returncode == 1 and "SHA-256" in wrong.stderr
    server.stated_sha256 = "1" * 64
    assert "SHA-256" in download(empty_cli, server).stderr
    server.stated_sha256 = None
    assert download(empty_cli, server).returncode == 0


def test_servers_that_refuse(empty_cli, server):
    server.status = 500
    assert "status 500" in download(empty_cli, server).stderr
    server.status = 401
    assert "not open to everyone" in download(empty_cli, server).stderr
    server.status = None
    missing = empty_cli.run("model", "add", "owner/other", "--server", server.address)
    assert missing.returncode == 1 and "status 404" in missing.stderr
    nobody = empty_cli.run("model", "add", "owner/tiny", "--server", "http://127.0.0.1:9")
    assert nobody.returncode == 1 and "Cannot fetch" in nobody.stderr and "give its path" in nobody.stderr
    assert "http://" in empty_cli.run("model", "add", "owner/tiny", "--server", "file:///etc").stderr

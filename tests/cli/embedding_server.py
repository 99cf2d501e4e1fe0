"""A server on this machine that speaks OpenAI's and Cohere's embedding protocols, and fails when it is told to."""

import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def vector_of(text, dimension):
    digest = hashlib.sha256(text.encode()).digest()
    values = [digest[i % 32] / 255 - 0.5 for i in range(dimension)]
    length = sum(value * value for value in values) ** 0.5
    return [value / length for value in values]


class EmbeddingServer:
    """`failures` are answered first, one a request: a status, (status, headers), "slow", "close", or a function that changes
    the right answer. Texts with the word "poison" are refused with 400. `dimension` is what a model's vectors have."""

    def __init__(self, dimension=8):
        self.dimension = dimension
        self.failures = []
        self.requests = []  # (path, headers, body)
        self.key = None
        self.away = False  # 503 for everything, and nothing of it is noted
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments):
                pass

            def answer(self, status, body, headers=()):
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if server.away:
                    return self.answer(503, {"error": {"message": "away"}})
                server.requests.append((self.path, dict(self.headers), body))
                if server.key is not None and self.headers.get("Authorization") != "Bearer " + server.key:
                    shown = (self.headers.get("Authorization") or "")[7:]
                    return self.answer(401, {"error": {"message": "Incorrect API key provided: " + shown}})
                failure = server.failures.pop(0) if server.failures else None
                if failure == "slow":
                    time.sleep(3)
                    return self.close_connection_quietly()
                if failure == "close":
                    return self.close_connection_quietly()
                if isinstance(failure, int):
                    failure = (failure, [])
                if isinstance(failure, tuple):
                    return self.answer(failure[0], {"error": {"message": "told to fail"}}, failure[1])
                texts = body.get("input", body.get("texts"))
                if any("poison" in text for text in texts):
                    return self.answer(400, {"message": "a text\nis refused"})
                vectors = [vector_of(text, server.dimension) for text in texts]
                if "texts" in body:
                    assert body["embedding_types"] == ["float"] and body["truncate"] == "NONE"
                    answer = {"id": "x", "embeddings": {"float": vectors}}
                else:
                    answer = {"object": "list", "data": [{"object": "embedding", "index": i, "embedding": vector}
                                                         for i, vector in reversed(list(enumerate(vectors)))]}
                if failure is not None:
                    answer = failure(answer)
                self.answer(200, answer)

            def close_connection_quietly(self):
                self.close_connection = True
                self.connection.close()

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def texts(self):
        return [text for _, _, body in self.requests for text in body.get("input", body.get("texts"))]

    def close(self):
        self.http.shutdown()
        self.http.server_close()

"""Talks to REM DB's sql_driver (tests/sql_driver): requests as lines of JSON, many in one go."""

import json
import subprocess
import threading


TIMEOUT_S = 120  # For one batch of requests; a statement that hangs counts as one that ended the process.


class DriverDied(Exception):
    """The process ended; `request` is the one that it did not answer."""

    def __init__(self, request, code):
        super().__init__(f"sql_driver ended with {code} at {json.dumps(request)[:2000]}")
        self.request = request
        self.code = code


class Driver:
    def __init__(self, path):
        self.path = path
        self.process = None
        self.start()

    def start(self):
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen([self.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def ask_all(self, requests):
        """Answers in order. A request that ends the process raises DriverDied."""
        lines = [r if isinstance(r, str) else json.dumps(r) for r in requests]
        payload = ("\n".join(lines) + "\n").encode()

        # Written from a thread of its own: both pipes are shorter than a batch.
        def write():
            try:
                self.process.stdin.write(payload)
                self.process.stdin.flush()
            except OSError:
                pass
        writer = threading.Thread(target=write)
        writer.start()
        watchdog = threading.Timer(TIMEOUT_S, self.process.kill)
        watchdog.start()
        answers = []
        try:
            for request in requests:
                line = self.process.stdout.readline()
                if not line:
                    raise DriverDied(request, self.process.wait())
                answers.append(json.loads(line))
        finally:
            watchdog.cancel()
            writer.join()
        return answers

    def ask(self, request):
        return self.ask_all([request])[0]

    def reset(self):
        """An empty database."""
        self.ask("reset")

    def sql(self, text, **settings):
        return self.ask({"op": "sql", "text": text, **settings})

"""Fixtures that drive the command line program. REM_DB_BIN names it, else it is in REM_BUILD_DIR."""

import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("REM_DB_BIN") or os.path.join(os.environ.get("REM_BUILD_DIR", "build/release"), "bin/rem-db"))
BINARY = BINARY if BINARY.is_absolute() else ROOT / BINARY

NOTES_SCHEMA = {
    "title": "Note",
    "short_name": "notes",
    "key_field": "name",
    "indexed_fields": ["size"],
    "embedding_fields": ["text"],
    "type": "object",
    "properties": {"text": {"type": "string"}, "name": {"type": "string"}, "size": {"type": ["integer", "null"]}},
    "required": ["name"],
    "additionalProperties": False,
}


class Cli:
    """Runs rem-db in a directory of its own, with no environment that the tests did not set."""

    def __init__(self, directory):
        self.directory = directory
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory / "home"),
            "P8_DB_PATH": str(directory / "db"),
            "TERM": "xterm",
        }
        # Sanitizer and coverage settings of the run belong to the program under test.
        for name, value in os.environ.items():
            if name.endswith("SAN_OPTIONS") or name.startswith("GCOV_"):
                self.environment[name] = value

    def run(self, *arguments, stdin="", **environment):
        data = stdin.encode() if isinstance(stdin, str) else stdin
        finished = subprocess.run([str(BINARY), *map(str, arguments)], input=data, capture_output=True, cwd=self.directory,
                                  env={**self.environment, **environment}, timeout=120, check=False)
        finished.stdout = finished.stdout.decode()
        finished.stderr = finished.stderr.decode()
        return finished

    def start(self, *arguments):
        """Leaves the command running."""
        return subprocess.Popen([str(BINARY), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, cwd=self.directory, env=self.environment, text=True)

    def ok(self, *arguments, **options):
        """Runs a command that must work; its standard output."""
        finished = self.run(*arguments, **options)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    def json(self, *arguments, **options):
        return json.loads(self.ok(*arguments, "--json", **options))

    def fails(self, *arguments, code=1, **options):
        """Runs a command that must fail; its standard error."""
        finished = self.run(*arguments, **options)
        assert finished.returncode == code, (finished.returncode, finished.stdout, finished.stderr)
        return finished.stderr

    def rows(self, table, **options):
        """The records of a table, from its export."""
        lines = [json.loads(line) for line in self.ok("export", table, "--no-vectors", **options).splitlines()]
        return [line for line in lines if "properties" in line]

    def count(self, table, *options):
        return self.json("info", *options)["tables"][table]


@pytest.fixture
def empty_cli(tmp_path):
    """A directory without a database."""
    (tmp_path / "home").mkdir()
    return Cli(tmp_path)


@pytest.fixture
def cli(empty_cli):
    """A database with the table notes."""
    empty_cli.ok("init")
    (empty_cli.directory / "notes.json").write_text(json.dumps(NOTES_SCHEMA))
    empty_cli.ok("schema", "add", "notes.json")
    return empty_cli

"""Fixtures of the Python tests. Run with PYTHONPATH at the package that the build leaves in <build>/python."""

import os
import subprocess
import sys
import textwrap

import pytest


@pytest.fixture
def db(tmp_path):
    from rem_db import REMDatabase

    with REMDatabase("tenant-a", tmp_path / "db", durability="normal") as database:
        yield database


@pytest.fixture
def records(tmp_path):
    from rem_db import Database

    with Database(tmp_path / "db", durability="normal") as database:
        yield database


@pytest.fixture
def run_python(tmp_path):
    """Runs a program in a fresh interpreter and returns what it printed; fails the test when the program fails."""

    def run(program, *arguments, prelude_path=None, **environment):
        paths = [str(prelude_path)] if prelude_path else []
        env = {**os.environ, **environment, "PYTHONPATH": os.pathsep.join([*paths, os.environ.get("PYTHONPATH", "")])}
        done = subprocess.run([sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)], env=env,
                              capture_output=True, text=True, timeout=120, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run

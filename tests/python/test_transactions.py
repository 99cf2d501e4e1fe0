"""Changes through SQL and transactions."""

import pytest

from rem_db import Database
from rem_db.errors import Conflict, TransactionFailed, UniqueViolation


@pytest.fixture(name="db")
def _db(tmp_path):
    with Database(str(tmp_path / "db"), tenant_id="acme") as db:
        db.sql("CREATE TABLE notes (k text PRIMARY KEY, n bigint)")
        yield db


def test_sql_changes_data(db):
    assert db.sql("INSERT INTO notes VALUES ('a', 1), ('b', 2)") == []
    assert db.sql("UPDATE notes SET n = n + ? WHERE k = ? RETURNING k, n", [10, "a"]) == [{"k": "a", "n": 11}]
    assert db.sql("DELETE FROM notes WHERE k = 'b' RETURNING n") == [{"n": 2}]
    assert db.sql("SELECT k, n FROM notes") == [{"k": "a", "n": 11}]


def test_a_block_is_committed_as_one(db):
    with db.transaction():
        db.sql("INSERT INTO notes VALUES ('a', 1)")
        db.insert("notes", {"k": "b", "n": 2})
    assert db.count("notes") == 2


def test_a_block_that_raises_leaves_nothing(db):
    with pytest.raises(KeyError):
        with db.transaction():
            db.insert("notes", {"k": "a", "n": 1})
            assert db.count("notes") == 1
            raise KeyError("stop")
    assert db.count("notes") == 0


def test_the_later_of_two_changes_conflicts(db):
    db.sql("INSERT INTO notes VALUES ('a', 1)")
    with Database(db.path, tenant_id="acme") as other:
        with pytest.raises(Conflict):
            with db.transaction():
                db.sql("UPDATE notes SET n = 2")
                other.sql("UPDATE notes SET n = 3")
    assert db.sql("SELECT n FROM notes") == [{"n": 3}]


def test_errors_are_typed(db):
    db.sql("INSERT INTO notes VALUES ('a', 1)")
    with pytest.raises(UniqueViolation):
        db.sql("INSERT INTO notes VALUES ('a', 2)")
    with pytest.raises(TransactionFailed):
        with db.transaction():
            with pytest.raises(UniqueViolation):
                db.sql("INSERT INTO notes VALUES ('a', 2)")
            db.sql("SELECT * FROM notes")

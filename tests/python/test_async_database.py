import asyncio
import inspect
import threading

import pytest

from rem_db import AsyncDatabase, Database, errors


def test_mirrors_every_method_of_database():
    for name, method in inspect.getmembers(Database, inspect.isfunction):
        if not name.startswith("_") and name not in ("execute", "transaction"):
            mirrored = getattr(AsyncDatabase, name)
            assert inspect.iscoroutinefunction(mirrored), name
            assert mirrored.__doc__


def test_transactions_with_await(tmp_path):
    async def program():
        async with AsyncDatabase(tmp_path / "db", "me") as db:
            await db.sql("CREATE TABLE t (k text PRIMARY KEY)")
            async with db.transaction():
                await db.insert("t", {"k": "kept"})
            with pytest.raises(KeyError):
                async with db.transaction():
                    await db.insert("t", {"k": "lost"})
                    raise KeyError("stop")
            assert await db.sql("SELECT k FROM t") == [{"k": "kept"}]

    asyncio.run(program())


def test_works_with_await(tmp_path):
    async def program():
        async with AsyncDatabase(tmp_path / "db", "me") as db:
            assert (db.path, db.tenant_id) == (str(tmp_path / "db"), "me")
            await db.register_schema("t", {"type": "object", "properties": {"n": {"type": "integer"}}})
            ids = await asyncio.gather(*(db.insert("t", {"n": n}) for n in range(20)))
            assert len(set(ids)) == 20
            assert (await db.get(ids[3]))["n"] == 3
            with pytest.raises(errors.TableNotFound):
                await db.insert("nothing", {})
            assert await db.count("t") == 20
            return await db.sql("SELECT n FROM t WHERE n > 17 ORDER BY n")

    assert asyncio.run(program()) == [{"n": 18}, {"n": 19}]


def test_runs_off_the_event_loops_thread(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(Database, "info", lambda self: seen.append(threading.get_ident()))

    async def program():
        async with AsyncDatabase(tmp_path / "db") as db:
            # Only the call through Database is replaced; the forwarding looks it up when it is called.
            await db.info()

    asyncio.run(program())
    assert seen and seen[0] != threading.get_ident()


def test_a_closed_one_says_so(tmp_path):
    async def program():
        db = AsyncDatabase(tmp_path / "db")
        await db.close()
        await db.close()
        with pytest.raises(errors.Closed, match="closed"):
            await db.sql("SELECT 1")

    asyncio.run(program())

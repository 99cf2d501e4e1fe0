"""`AsyncDatabase`: `Database` for asyncio, off the event loop's thread."""

import asyncio
import contextlib
import functools
from concurrent.futures import ThreadPoolExecutor

from .database import Database
from .errors import Closed


def _forward(name):
    method = getattr(Database, name)

    @functools.wraps(method)
    async def call(self, *arguments, **options):
        return await self._run(getattr(self._database, name), *arguments, **options)

    return call


class AsyncDatabase:
    """The methods of Database as coroutines. They run in a few threads of their own; the engine lets go of the GIL.

    >>> async with AsyncDatabase("data") as db:  # doctest: +SKIP
    ...     await db.insert("resources", {"name": "a", "content": "b"})

    Args: as Database; `max_workers` is the number of threads.
    """

    def __init__(self, path=None, tenant_id=None, max_workers=4, **options):
        self._database = Database(path, tenant_id, **options)
        self._executor = ThreadPoolExecutor(max_workers, thread_name_prefix="rem-db")

    @property
    def path(self):
        """The database's directory."""
        return self._database.path

    @property
    def tenant_id(self):
        """The tenant's name."""
        return self._database.tenant_id

    async def _run(self, method, *arguments, **options):
        if self._database._session.closed:
            raise Closed("Database is closed", "", "open it again with a new AsyncDatabase")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, functools.partial(method, *arguments, **options))

    register_schema = _forward("register_schema")
    insert = _forward("insert")
    insert_batch = _forward("insert_batch")
    upsert = _forward("upsert")
    get = _forward("get")
    get_batch = _forward("get_batch")
    update = _forward("update")
    delete = _forward("delete")
    restore = _forward("restore")
    lookup = _forward("lookup")
    wait_for_worker = _forward("wait_for_worker")
    embedding_status = _forward("embedding_status")
    retry_failed_embeddings = _forward("retry_failed_embeddings")
    reembed = _forward("reembed")
    lookup_batch = _forward("lookup_batch")
    search = _forward("search")
    query = _forward("query")
    sql = _forward("sql")
    explain = _forward("explain")
    count = _forward("count")
    info = _forward("info")
    list_schemas = _forward("list_schemas")
    list_schemas_by_category = _forward("list_schemas_by_category")
    get_schema = _forward("get_schema")
    get_categories = _forward("get_categories")
    get_current_seq = _forward("get_current_seq")
    export = _forward("export")

    @contextlib.asynccontextmanager
    async def transaction(self):
        """Does what `Database.transaction` does, in `async with`. Other tasks that use this object meanwhile join it."""
        await self._run(self._database.sql, "BEGIN")
        try:
            yield self
        except BaseException:
            await self._run(self._database.sql, "ROLLBACK")
            raise
        await self._run(self._database.sql, "COMMIT")

    async def close(self):
        """Closes the database after the calls that are running. Closing twice does nothing."""
        if not self._database._session.closed:
            await self._run(self._database.close)
            self._executor.shutdown(wait=False)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exception):
        await self.close()

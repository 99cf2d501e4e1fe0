"""What `REMDatabase` and `Database` share: one tenant of an open database."""

import contextlib
import os
import time
import weakref

from . import _rem
from .errors import Closed, TableNotFound
from .result import Result
from .schema import CATEGORIES, build_json_schema, schema_from_table
from .sql_quotes import literals_for_quotes

_FETCH_ROWS = 4096
ANY_SCORE = -1.0
MEMORY = ":memory:"


class Tenant:
    """One tenant of an open database: its tables, SQL and search. Thread-safe; the GIL is released inside the engine.

    Every method raises Closed after `close()`.
    """

    def __init__(self, path, tenant_id, **options):
        path = os.fspath(path)
        in_memory = path == MEMORY
        if not options and not in_memory:
            options = _options_of_open(path)
        self._session = _rem.Session("" if in_memory else path, tenant_id, in_memory=in_memory, **options)
        self._options = options
        self._results = weakref.WeakSet()
        self.path = path
        self.tenant_id = tenant_id
        _OPENED.add(self)

    def close(self):
        """Closes the database and every result of it. Closing twice does nothing."""
        for result in list(self._results):
            result.close()
        self._session.close()

    def __enter__(self):
        if self._session.closed:
            raise Closed("Database is closed", "", "open it again")
        return self

    def __exit__(self, *exception):
        self.close()

    def __repr__(self):
        state = " (closed)" if self._session.closed else ""
        return f"<{type(self).__name__} {self.path!r}, tenant {self.tenant_id!r}{state}>"

    # Tables.

    def get_schema(self, name):
        """Returns the Schema of a table by its name, short name or fully qualified name; None where there is none."""
        try:
            return schema_from_table(self._session.get_table(str(name)))
        except TableNotFound:
            return None

    def list_schemas(self):
        """Returns the Schemas of all tables, by name. A Schema equals its name: `"resources" in db.list_schemas()`."""
        return sorted(schema_from_table(table) for table in self._session.list_tables())

    def list_schemas_by_category(self, category):
        """Returns the Schemas of one category, by name."""
        return [schema for schema in self.list_schemas() if schema.category == category]

    def get_categories(self):
        """Returns the categories of schemas: system, agents, public, user, and others that are in use."""
        return list(dict.fromkeys([*CATEGORIES, *(schema.category for schema in self.list_schemas())]))

    def _register(self, name, schema, force, **arguments):
        if not isinstance(name, str):
            raise TypeError(f"register_schema needs the table's name as text, not {name!r}")
        return schema_from_table(self._session.register_schema(name, build_json_schema(name, schema, **arguments), force))

    # Queries.

    def sql(self, text, params=None):
        """Runs a statement and returns its rows as dicts that JSON could hold: ids and times are texts.

        A double-quoted text that names no column is taken as a literal. Of columns with the same name the last one wins.

        Args:
            text: one SQL statement in PostgreSQL's dialect.
            params: values of `$1`, `$2`, ... or of `?`.

        Raises:
            ValueError: SQLSyntaxError, TableNotFound (`Table "x" does not exist`), ColumnNotFound, ...
        """
        if not isinstance(text, str):
            raise TypeError(f"SQL is text, not {type(text).__name__}")
        rows = self._session.sql(literals_for_quotes(text, self._session.column_names), params)
        dicts = []
        while chunk := rows.fetch_dicts(_FETCH_ROWS):
            dicts += chunk
        return dicts

    def execute(self, sql, params=None):
        """Runs a statement and returns its Result: columns in order, rows streamed, values of Python's types.

        Args:
            sql: one SQL statement in PostgreSQL's dialect. Double quotes name columns and tables, as in PostgreSQL.
            params: values of `$1`, `$2`, ... or of `?`.

        Raises:
            ValueError: as `sql`. Errors of single rows are raised when these are fetched.
        """
        result = Result(self._session.sql(sql, params))
        self._results.add(result)
        return result

    @contextlib.contextmanager
    def transaction(self):
        """Makes the changes of a `with` block one: all are committed at its end, none when it raises.

        The block sees the database as it was at its beginning plus its own changes; so does every other use of this
        object meanwhile, in any thread. Threads that change data at the same time open an object each.

        Raises:
            Conflict: another writer has changed a record that the block changed; run the block again.
        """
        self._session.sql("BEGIN", None)
        try:
            yield self
        except BaseException:
            self._session.sql("ROLLBACK", None)
            raise
        self._session.sql("COMMIT", None)

    def explain(self, sql):
        """Returns the plan of a statement as indented text."""
        return self._session.explain(sql)

    def search(self, query, schema="resources", top_k=10, min_score=ANY_SCORE):
        """Finds records by meaning: returns [(record as a flat dict, score)], best first.

        Args:
            query: text; it is embedded by the table's provider.
            schema: name of the table.
            top_k: most results.
            min_score: leaves out what scores less; cosine similarity, from -1 to 1.

        Raises:
            TableNotFound; NotFound for a table without embeddings.
        """
        hits = self._session.search(str(schema), query, positive("top_k", top_k), min_score)
        return [(record.flat(), score) for record, score in hits]

    def count(self, table):
        """Returns the number of live records of a table."""
        return self._session.count(str(table))

    def info(self):
        """Returns path, database_id, format_version, tenants, disk_bytes, memory_bytes and column_cache_bytes."""
        return self._session.info()

    # Background work and change log.

    def wait_for_worker(self, timeout=10.0):
        """Waits until embeddings and indexes of this tenant are complete. False when `timeout` seconds ran out.

        Records whose embedding was given up do not hold it up; see embedding_status.
        """
        deadline = time.monotonic() + timeout
        embedded = self._session.wait_for_worker(max(0, int(timeout * 1000)))
        left = deadline - time.monotonic()
        return embedded and self._session.wait_for_indexes(max(0, int(left * 1000)))

    def embedding_status(self, max_failures=100):
        """Returns what the embedding worker has done and has to do, as a dict.

        Keys: pending and failed (records), embedded (vectors since the database was opened), working, last_error,
        next_attempt (while it pauses, else None), queues (a dict for each table and column with records that wait or were
        given up), failures (the first `max_failures` records that were given up: id, table, column, attempts, failed_at,
        error).
        """
        return self._session.embedding_status(positive("max_failures", max_failures))

    def retry_failed_embeddings(self):
        """Has the records whose embedding was given up tried again; returns how many."""
        return self._session.retry_failed_embeddings()

    def reembed(self, table, provider, progress=None, column="embedding"):
        """Has all records of a table embedded by another provider, next to its readers and writers.

        Searches see the old vectors until all new ones are there. It goes on after a restart where it was. Returns True when the
        table has the new model; False when `progress(done, about)` returned False, and the work goes on in the background.
        The table's present provider calls off what was begun.

        Raises:
            NotFound (provider), ColumnNotFound, DimensionMismatch, ValidationError (records that the provider does not take).
        """
        return self._session.reembed(str(table), str(provider), progress, str(column))

    def get_current_seq(self):
        """Returns the sequence of this tenant's last change; 0 before the first."""
        return self._session.current_sequence()


# Tenants that this process has opened, as long as they live.
_OPENED = weakref.WeakSet()


def _options_of_open(path):
    """Options of a tenant that has the path open: all tenants of a path share one engine, so who asks for no options gets
    the engine as it is."""
    place = os.path.realpath(path)
    for tenant in list(_OPENED):
        if not tenant._session.closed and tenant.path != MEMORY and os.path.realpath(tenant.path) == place:
            return tenant._options
    return {}


def positive(name, number):
    """Returns `number` if it is an int of at least 0. Raises TypeError or ValueError."""
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"{name} needs an int, not {type(number).__name__}")
    if number < 0:
        raise ValueError(f"{name} must not be negative: {number}")
    return number

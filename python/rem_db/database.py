"""`Database`: tables by schema, with records as dicts and ids as text."""

import os
from pathlib import Path

from .errors import TableNotFound
from .export import export_records
from .records import record_of
from .schema import short_name_of
from .tenant import Tenant


def default_path():
    """Returns `P8_DB_PATH`, else `P8_HOME/db`, else `~/.p8/db`."""
    if os.environ.get("P8_DB_PATH"):
        return os.environ["P8_DB_PATH"]
    home = os.environ.get("P8_HOME")
    return str(Path(home) / "db" if home else Path.home() / ".p8" / "db")


class Database(Tenant):
    """One tenant of a database.

    Args:
        path: directory of the database, made when it is new; default: `default_path()`. ":memory:" keeps everything in
            memory.
        tenant_id: name of the tenant, made when it is new; default: `P8_TENANT_ID`, else "default".
        **options: `durability` ("full" or "normal"), `read_only`, `create_if_missing`, `block_cache_mb`,
            `column_cache_mb`, `row_cache_mb`, `max_pending_embeddings`, `embedding_wait_ms`.

    Raises:
        TenantError, Locked (another process has it open), PermissionDenied, IOFailure, FormatVersionError, Corruption.
    """

    def __init__(self, path=None, tenant_id=None, **options):
        if path is None:
            path = default_path()
            if options.get("create_if_missing", True):
                Path(path).parent.mkdir(parents=True, exist_ok=True)
        super().__init__(path, tenant_id or os.environ.get("P8_TENANT_ID") or "default", **options)

    def register_schema(self, name, schema=None, description="", indexed_fields=None, force=False):
        """Makes or changes a table and returns its Schema.

        Args:
            name: of the table; or a model class alone, whose table has its `short_name` or else its class name.
            schema: a Pydantic model class, a dataclass, a JSON Schema as a dict, or JSON text.
            description: of the table; else the schema's own (a model's docstring).
            indexed_fields: fields to index besides those that the schema names.
            force: apply a change that existing records may break.

        Raises:
            InvalidSchema, SchemaConflict.
        """
        if schema is None and isinstance(name, type):
            name, schema = name.__name__, name
        return self._register(name, schema, force, description=description, indexed_fields=indexed_fields)

    # Records.

    def insert(self, table, record):
        """Stores a record (a dict or a model) and returns its id. The same id or key again replaces the record.

        Raises:
            TableNotFound, ValidationError, DimensionMismatch, LimitExceeded.
        """
        return str(self._session.insert(str(table), record_of(record)))

    def insert_batch(self, table, rows):
        """Stores records, all or none, and returns their ids in order. Raises as insert."""
        return [str(id) for id in self._session.insert_batch(str(table), [record_of(row) for row in rows])]

    def upsert(self, models):
        """Stores models, each in the table of its class, and returns their ids in order.

        A class without a table gets one from its schema. The models of one class are stored all or none.
        """
        if not isinstance(models, (list, tuple)):
            models = [models]
        ids = [None] * len(models)
        by_class = {}
        for i, model in enumerate(models):
            by_class.setdefault(type(model), []).append(i)
        for model_class, positions in by_class.items():
            table = self._table_of(model_class)
            for i, id in zip(positions, self.insert_batch(table, [models[i] for i in positions])):
                ids[i] = id
        return ids

    def get(self, id):
        """Returns a record of any table as a flat dict, without its vectors; None when there is none."""
        return self.get_batch([id])[0]

    def get_batch(self, ids):
        """Returns the records in the order of their ids, None for the missing ones."""
        return [None if record is None else record.flat() for record in self._session.multi_get(list(ids))]

    def update(self, id, changes, expected_version=None):
        """Changes fields of a record and returns the whole of it; None as a value removes a field.

        Args:
            changes: a JSON Merge Patch (RFC 7396) as a dict.
            expected_version: refuse, with Conflict, to change a record that has another version.

        Raises:
            RecordNotFound, Conflict, ValidationError.
        """
        return self._session.update(id, changes, expected_version).flat()

    def delete(self, id, purge=False):
        """Deletes softly (`restore` undoes it), or for good. False when there is no such record."""
        return self._session.purge(id) if purge else self._session.delete(id)

    def restore(self, id):
        """Undoes a soft delete. False when there is no such deleted record."""
        return self._session.restore(id)

    def lookup(self, key):
        """Returns the records, over every table, whose id, key, name or alias is `key`, as flat dicts."""
        return [record.flat() for record in self._session.lookup(str(key))]

    def lookup_batch(self, keys):
        """Returns a list of lookup(key) for each key, in order."""
        return [self.lookup(key) for key in keys]

    # Queries.

    def query(self, sql, params=None):
        """Does the same as `sql`."""
        return self.sql(sql, params)

    def export(self, table, path, format="jsonl"):
        """Writes the live records of a table, from one snapshot, and returns their number.

        Vectors are left out. The file appears when it is complete; one of the same name is replaced.

        Args:
            format: "jsonl" (an object a line) or "csv" (declared columns; objects and lists as JSON text).

        Raises:
            TableNotFound, ValueError for another format, OSError.
        """
        return export_records(self._session, str(table), path, format)

    def _table_of(self, model_class):
        for name in (short_name_of(model_class), model_class.__name__):
            try:
                return self._session.get_table(name)["name"]
            except TableNotFound:
                continue
        return self.register_schema(model_class).short_name

"""`REMDatabase`: resources, entities and moments of one tenant, and tables by schema."""

import warnings
from uuid import UUID

from .errors import DimensionMismatch, NotFound
from .model_base import parse_datetime
from .models import Entity, Moment, Resource
from .query import Query
from .records import record_of
from .tenant import ANY_SCORE, Tenant, positive

_TABLES = {"resource": "resources", "entity": "entities"}
_VECTOR_COLUMNS = ("embedding", "embedding_alt")
_PROVIDERS = (None, "default", "builtin")


class REMDatabase(Tenant):
    """One tenant's memory in a directory.

    Args:
        tenant_id: name of the tenant, made when it is new.
        path: directory of the database, made when it is new; ":memory:" keeps everything in memory. Several REMDatabases
            of one process may have the same path open, each with its tenant.
        indexed_fields: more indexed fields, as {table: [field]} or, for resources and entities, as a list. Fields that a
            table does not declare are left out. Answers do not depend on indexes.
        embedding_model: "builtin", the provider of tables whose schema names none in `embedding_provider`. Another name gives a
            warning and this one.
        **options: `durability` ("full" or "normal"), `read_only`, `create_if_missing`, `block_cache_mb`,
            `column_cache_mb`.

    Raises:
        TenantError, Locked (another process has it open), PermissionDenied, IOFailure, FormatVersionError, Corruption.
    """

    def __init__(self, tenant_id, path, indexed_fields=None, embedding_model=None, **options):
        if embedding_model not in _PROVIDERS:
            warnings.warn(f'embedding model "{embedding_model}" cannot be chosen for a whole database; tables use the '
                          'embedding_provider of their schema, else "builtin"', stacklevel=2)
        super().__init__(path, tenant_id, **options)
        if indexed_fields:
            self._add_indexes(indexed_fields)

    # Resources, entities, moments.

    def create_resource(self, resource):
        """Stores a Resource (or a dict of its fields) and returns its id. One with the same id is replaced."""
        return self._create("resources", resource)

    def get_resource(self, id):
        """Returns the Resource of that id, its embeddings included, or None."""
        return self._read("resources", Resource, id)

    def delete_resource(self, id):
        """Deletes softly: queries do not see it any more. False when there is no such resource."""
        return self._delete("resources", id)

    def query_resources(self, query=None):
        """Returns the Resources that a Query selects; all of them without one."""
        return self._query("resources", Resource, query)

    def create_entity(self, entity):
        """Stores an Entity (or a dict of its fields) and returns its id. One with the same id is replaced."""
        return self._create("entities", entity)

    def get_entity(self, id):
        """Returns the Entity of that id, its embeddings included, or None."""
        return self._read("entities", Entity, id)

    def delete_entity(self, id):
        """Deletes softly: queries do not see it any more. False when there is no such entity."""
        return self._delete("entities", id)

    def query_entities(self, query=None):
        """Returns the Entities that a Query selects; all of them without one."""
        return self._query("entities", Entity, query)

    def create_moment(self, moment):
        """Stores a Moment (or a dict of its fields) and returns its id. One with the same id is replaced."""
        return self._create("moments", moment)

    def get_moment(self, id):
        """Returns the Moment of that id, or None."""
        return self._read("moments", Moment, id)

    def query_moments(self, query=None):
        """Returns the Moments that a Query selects; all of them without one."""
        return self._query("moments", Moment, query)

    def lookup_entity(self, identifier):
        """Returns the entities whose id, name, alias (case-insensitive) or identifier is `identifier`.

        Records of tables that a user registered come as an Entity whose type is the table and whose properties are the
        record's.
        """
        records = self._session.lookup(str(identifier))
        categories = {}
        found = []
        for record in records:
            if record.table == "entities":
                found.append(record)
            elif self._is_user_table(record.table, categories):
                found.append(_as_entity(record))
        stored = [record for record in found if not isinstance(record, Entity)]
        models = iter(self._models(Entity, stored))
        return [record if isinstance(record, Entity) else next(models) for record in found]

    # Vectors.

    def set_embedding(self, id, vector, entity_type="resource"):
        """Sets the vector of a resource or an entity.

        Args:
            id: of the record.
            vector: a list of floats or a NumPy array, of any dimension for the first vector of a table.
            entity_type: "resource" or "entity".

        Raises:
            NotFound: no such resource or entity. DimensionMismatch: other vectors of the table have another dimension.
        """
        table = _TABLES.get(entity_type, entity_type)
        record = self._session.get(id)
        if record is None or record.table != table:
            raise NotFound(f"No record {id} in table \"{table}\"", "", "entity_type is \"resource\" or \"entity\"")
        self._session.set_embedding(id, vector)

    def search_similar(self, vector, top_k=10, min_score=0.0):
        """Returns [(Resource or Entity, score)] nearest to a vector by cosine similarity, best first."""
        return self._search_vector(vector, None, top_k, min_score)

    def search_hybrid(self, vector, query, top_k=50, min_score=0.7):
        """As search_similar, among the records that satisfy the filters of a Query."""
        return self._search_vector(vector, {"filters": query.to_spec()["filters"]}, top_k, min_score)

    # Tables by schema.

    def register_schema(self, name, schema, description="", system_prompt=None, indexed_fields=None, mcp_tools=None,
                        force=False):
        """Makes or changes a table and returns its Schema.

        Args:
            name: of the table.
            schema: a Pydantic model class, a dataclass, a JSON Schema as a dict, or JSON text.
            description: of the table; else `system_prompt`, else the schema's own (a model's docstring).
            indexed_fields: fields to index besides those that the schema names; "priority.level" reaches into objects.
            mcp_tools: MCPTools besides those that the schema names.
            force: apply a change that existing records may break.

        Raises:
            InvalidSchema, SchemaConflict.
        """
        return self._register(name, schema, force, description=description, system_prompt=system_prompt,
                              indexed_fields=indexed_fields, mcp_tools=mcp_tools)

    def insert(self, table, record):
        """Stores a record and returns its id (a UUID). The same id or key again replaces the record.

        Raises:
            TableNotFound, ValidationError, DimensionMismatch, LimitExceeded.
        """
        return self._session.insert(str(table), record_of(record))

    def insert_batch(self, table, records):
        """Stores records, all or none, and returns their ids (UUIDs) in order. Raises as insert."""
        return self._session.insert_batch(str(table), [record_of(record) for record in records])

    def get(self, id):
        """Returns a record of any table as a flat dict, without its vectors, or None."""
        record = self._session.get(id)
        return None if record is None else record.flat()

    # Background work and change log.

    def get_wal_entries(self, start_seq, end_seq=None, limit=100):
        """Returns change-log entries from `start_seq` to `end_seq` (both included), at most `limit`, as dicts.

        Keys: seq_num, tenant_id, tablespace (the table), operation, key (the id), value (the record, or None), timestamp.
        """
        end = self.get_current_seq() if end_seq is None else positive("end_seq", end_seq)
        changes = self._session.changes(positive("start_seq", start_seq), end, positive("limit", limit))
        return [{
            "seq_num": change["sequence"],
            "tenant_id": self.tenant_id,
            "tablespace": change["table"],
            "operation": change["operation"],
            "key": change["id"],
            "value": change["image"],
            "timestamp": change["timestamp"],
        } for change in changes]

    # Inside.

    def _create(self, table, model):
        return self._session.insert(table, record_of(model))

    def _read(self, table, model, id):
        record = self._session.get(id)
        if record is None or record.table != table:
            return None
        return self._models(model, [record])[0]

    def _delete(self, table, id):
        record = self._session.get(id)
        return record is not None and record.table == table and self._session.delete(id)

    def _query(self, table, model, query):
        return self._models(model, self._session.query(table, (query or Query()).to_spec()))

    def _models(self, model, records):
        ids = [record.id for record in records]
        vectors = {}
        if model is not Moment and ids:
            vectors = {column: self._session.get_embeddings(ids, column) for column in _VECTOR_COLUMNS}
        models = []
        for i, record in enumerate(records):
            fields = {**record.properties, **{column: found[i] for column, found in vectors.items()}}
            fields.update(id=ids[i], created_at=record.created_at, modified_at=record.modified_at,
                          deleted_at=record.deleted_at)
            if model is Moment:
                _read_moment(fields)
            models.append(model(**fields))
        return models

    def _search_vector(self, vector, spec, top_k, min_score):
        hits, mismatches = [], []
        for table, model in (("resources", Resource), ("entities", Entity)):
            try:
                found = self._session.search_vector(table, vector, positive("top_k", top_k), min_score, filter=spec)
            except DimensionMismatch as error:
                # The two tables may hold vectors of different dimensions; it is an error where neither fits.
                mismatches.append((table, error))
                continue
            models = self._models(model, [record for record, _ in found])
            hits += zip(models, (score for _, score in found))
        if len(mismatches) == len(_TABLES):
            raise mismatches[0][1]
        return sorted(hits, key=lambda hit: -hit[1])[:top_k]

    def _is_user_table(self, table, categories):
        if table not in categories:
            categories[table] = self._session.get_table(table)["category"]
        return categories[table] != "system"

    def _add_indexes(self, indexed_fields):
        if not isinstance(indexed_fields, dict):
            indexed_fields = dict.fromkeys(_TABLES.values(), indexed_fields)
        for name, fields in indexed_fields.items():
            table = self._session.get_table(name)
            declared = table["json_schema"].get("properties", {})
            added = [f for f in fields if f in declared and f not in table["indexed_fields"]]
            if added:
                self._register(name, table["json_schema"], False, indexed_fields=added)


def _as_entity(record):
    properties = record.properties
    return Entity(
        id=record.id, type=record.table, name=str(properties.get("name") or properties.get("title") or record.id),
        properties=properties, created_at=record.created_at, modified_at=record.modified_at, deleted_at=record.deleted_at)


def _read_moment(fields):
    if isinstance(fields.get("timestamp"), str):
        fields["timestamp"] = parse_datetime(fields["timestamp"])
    for name in ("resource_refs", "entity_refs"):
        fields[name] = [_uuid_or_text(reference) for reference in fields.get(name) or []]
    fields["parent_moment"] = _uuid_or_text(fields.get("parent_moment"))


def _uuid_or_text(reference):
    try:
        return UUID(reference)
    except (TypeError, ValueError, AttributeError):
        return reference

"""`Schema`: what a table is, and how models, dicts and JSON text become one."""

import copy
import json

from .errors import InvalidSchema
from .model_schema import is_model, model_schema
from .models import MCPTool

_ORDER = "x-rem-property-order"
_NAME = "x-rem-name"
CATEGORIES = ("system", "agents", "public", "user")


class Schema:
    """A table's definition. Equal to another schema of the same name and JSON Schema, and to its name as text, so that
    `"resources" in db.list_schemas()` reads as it should.

    Attributes: name, description, short_name, fully_qualified_name, version, category, properties, required, defs,
    indexed_fields (nested ones as "priority.level"), tools (MCPTool), embedding_fields, embedding_provider, key_field.
    """

    def __init__(self, name, description="", short_name=None, fully_qualified_name=None, version="1.0.0", category="user",
                 properties=None, required=None, defs=None, indexed_fields=None, tools=None, embedding_fields=None,
                 embedding_provider="", key_field="", json_schema=None):
        self.name = name
        self.description = description
        self.short_name = short_name or name
        self.fully_qualified_name = fully_qualified_name or f"{category}.{name}"
        self.version = version
        self.category = category
        self.properties = dict(properties or {})
        self.required = list(required or [])
        self.defs = dict(defs or {})
        self.indexed_fields = list(indexed_fields or [])
        self.tools = [_tool(tool) for tool in tools or []]
        self.embedding_fields = list(embedding_fields or [])
        self.embedding_provider = embedding_provider
        self.key_field = key_field
        self._json_schema = json_schema

    def to_json_schema(self):
        """Returns the JSON Schema as it was registered, `$defs` and `$ref`s kept, as a dict of its own."""
        if self._json_schema is not None:
            return copy.deepcopy(self._json_schema)
        schema = {"type": "object", "title": self.name, "properties": copy.deepcopy(self.properties)}
        for key in ("description", "required", "short_name", "fully_qualified_name", "version", "category",
                    "indexed_fields", "embedding_fields", "embedding_provider", "key_field"):
            if getattr(self, key):
                schema[key] = copy.deepcopy(getattr(self, key))
        if self.defs:
            schema["$defs"] = copy.deepcopy(self.defs)
        if self.tools:
            schema["tools"] = [_plain(tool) for tool in self.tools]
        return schema

    def __eq__(self, other):
        if isinstance(other, str):
            return other == self.name
        return isinstance(other, Schema) and self.name == other.name and self.to_json_schema() == other.to_json_schema()

    def __hash__(self):
        return hash(self.name)

    def __lt__(self, other):
        return str(self) < str(other)

    def __str__(self):
        return self.name

    def __repr__(self):
        return f"<Schema {self.name} {self.version} ({self.category})>"


def schema_from_table(table):
    """Makes a Schema of what the engine says of a table."""
    json_schema = dict(table["json_schema"])
    order = json_schema.pop(_ORDER, [])
    name = json_schema.pop(_NAME, table["name"])
    properties = json_schema.get("properties", {})
    # The engine keeps members sorted by name; the order of declaration is kept beside them.
    declared = {key: properties[key] for key in order if key in properties}
    properties = {**declared, **properties}
    if "properties" in json_schema:
        json_schema["properties"] = properties
    return Schema(
        name, description=table["description"], short_name=table["name"],
        fully_qualified_name=table["fully_qualified_name"], version=table["version"], category=table["category"],
        properties=properties, required=json_schema.get("required"),
        defs=json_schema.get("$defs") or json_schema.get("definitions"), indexed_fields=table["indexed_fields"],
        tools=json_schema.get("tools"), embedding_fields=table["embedding_fields"],
        embedding_provider=table["embedding_provider"], key_field=table["key_field"], json_schema=json_schema)


def build_json_schema(name, source, description="", system_prompt=None, indexed_fields=None, mcp_tools=None):
    """Returns the JSON Schema to register for a model class, a Schema, a dict or JSON text, with the arguments merged in.

    The description is the argument, else `system_prompt`, else the schema's own (a model's docstring). `indexed_fields`
    and `mcp_tools` add to those that the schema names. Raises InvalidSchema.
    """
    schema = _top_level(_read(source))
    text = description or system_prompt
    if text:
        schema["description"] = text
    if indexed_fields:
        schema["indexed_fields"] = _merged(schema.get("indexed_fields"), indexed_fields)
    if mcp_tools:
        tools = {_tool_name(tool): _plain(tool) for tool in [*(schema.get("tools") or []), *mcp_tools]}
        schema["tools"] = list(tools.values())
    properties = schema.get("properties")
    if isinstance(properties, dict) and properties and _ORDER not in schema:
        schema[_ORDER] = list(properties)
    if schema.get("short_name", name) != name:
        schema[_NAME] = name
    return schema


def short_name_of(model):
    """Returns the name that a model's table has: the schema's `short_name`, else the class name."""
    return _top_level(_read(model)).get("short_name") or model.__name__


def _read(source):
    if isinstance(source, Schema):
        return source.to_json_schema()
    if isinstance(source, (str, bytes)):
        try:
            source = json.loads(source)
        except ValueError as error:
            raise InvalidSchema(f"Schema is not JSON: {error}", "", "pass a model class, a dict, or JSON text") from None
        if not isinstance(source, dict):
            raise InvalidSchema(f"Schema is no JSON object but {type(source).__name__}")
        return source
    if isinstance(source, dict):
        return copy.deepcopy(source)
    if is_model(source):
        return copy.deepcopy(model_schema(source))
    raise InvalidSchema(f"Not a schema: {source!r}", "", "pass a model class, a dict, or JSON text")


def _top_level(schema):
    """Lifts what describes the table to the top: a `json_schema_extra` object, and the definition of a model that refers
    to itself (`{"$ref": "#/$defs/Node", "$defs": ...}`)."""
    reference = schema.get("$ref", "")
    definitions = schema.get("$defs")
    prefix = "#/$defs/"
    if isinstance(reference, str) and reference.startswith(prefix) and isinstance(definitions, dict):
        target = definitions.get(reference[len(prefix):])
        if isinstance(target, dict):
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            schema = {**copy.deepcopy(target), **rest}
    extra = schema.get("json_schema_extra")
    if isinstance(extra, dict):
        schema = {**extra, **{key: value for key, value in schema.items() if key != "json_schema_extra"}}
    return schema


def _merged(present, added):
    if isinstance(added, str):
        added = [added]
    return list(dict.fromkeys([*(present or []), *added]))


def _plain(thing):
    dump = getattr(thing, "model_dump", None) or getattr(thing, "dict", None)
    return dump() if dump else thing


def _tool_name(tool):
    if isinstance(tool, dict):
        return tool.get("name", "")
    return getattr(tool, "name", str(tool))


def _tool(tool):
    """An MCPTool of its dict; anything that is no tool stays as it is."""
    if isinstance(tool, dict) and {"name", "description"} <= tool.keys() <= {"name", "description", "server", "usage"}:
        return MCPTool(**tool)
    return tool

"""JSON Schemas of models: Pydantic 2, Pydantic 1, dataclasses, and REM DB's own plain classes."""

import copy
import dataclasses
import typing
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from uuid import UUID

from .errors import InvalidSchema

_ANNOTATIONS = ("title", "description", "default", "examples")
_SCALARS = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    Decimal: {"type": "number"},
    type(None): {"type": "null"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    time: {"type": "string", "format": "time"},
    UUID: {"type": "string", "format": "uuid"},
}


def is_model(thing):
    """True for a class whose JSON Schema model_schema can give."""
    return isinstance(thing, type) and (
        hasattr(thing, "model_json_schema") or hasattr(thing, "__fields__") or hasattr(thing, "field_infos")
        or dataclasses.is_dataclass(thing))


def model_schema(model):
    """Returns the JSON Schema (2020-12, `$defs`) of a model class. Raises InvalidSchema for what is no model."""
    if hasattr(model, "model_json_schema"):
        return model.model_json_schema()
    if hasattr(model, "__fields__") and hasattr(model, "schema"):
        return _pydantic1_schema(model)
    if not is_model(model):
        raise InvalidSchema(f"Not a model: {model!r}", "", "pass a Pydantic model class, a dataclass, a dict, or JSON text")
    definitions = {}
    schema = _class_schema(model, definitions)
    return {**schema, "$defs": definitions} if definitions else schema


def _pydantic1_schema(model):
    """Pydantic 1 writes draft 7 and says nothing of None in Optional fields; records with None must be storable, though."""
    from pydantic.schema import get_flat_models_from_model, get_model_name_map

    # Pydantic keeps what it returned for the next call, so the changes are made on a copy.
    schema = copy.deepcopy(model.schema(ref_template="#/$defs/{model}"))
    definitions = schema.pop("definitions", None)
    if definitions:
        schema["$defs"] = definitions
    names = get_model_name_map(get_flat_models_from_model(model))
    for other, name in names.items():
        target = schema if other is model else (definitions or {}).get(name)
        if target is not None and hasattr(other, "__fields__"):
            _allow_none(other, target)
    # A model that refers to itself is a definition with a $ref at the top.
    if "$ref" in schema and model in names and definitions:
        _allow_none(model, definitions[names[model]])
    config = getattr(model, "__config__", None)
    extra = getattr(config, "json_schema_extra", None)
    # `model_config = {...}` is Pydantic 2's way; Pydantic 1 takes it for a field.
    if "model_config" in schema.get("properties", {}):
        del schema["properties"]["model_config"]
        extra = (model.__fields__["model_config"].default or {}).get("json_schema_extra")
    if isinstance(extra, dict):
        schema.update(extra)
    return schema


def _allow_none(model, schema):
    properties = schema.get("properties", {})
    for field in model.__fields__.values():
        if field.allow_none and field.alias in properties:
            properties[field.alias] = _nullable(properties[field.alias], required=field.required is True)


def _nullable(schema, required):
    outer = {key: value for key, value in schema.items() if key in _ANNOTATIONS}
    inner = {key: value for key, value in schema.items() if key not in _ANNOTATIONS}
    if inner:
        outer["anyOf"] = [inner, {"type": "null"}]
    if not required:
        outer.setdefault("default", None)
    return outer


def _class_schema(model, definitions):
    properties, required = {}, []
    for name, hint, default, has_default, description in _class_fields(model):
        schema = dict(_hint_schema(hint, definitions))
        if description:
            schema["description"] = description
        if not has_default:
            required.append(name)
        elif default is None or isinstance(default, (str, int, float, bool, list, dict)) and not isinstance(default, Enum):
            schema["default"] = default
        properties[name] = schema
    schema = {"title": model.__name__, "type": "object", "properties": properties}
    # A dataclass without a docstring gets its signature as one, which describes nothing.
    if model.__doc__ and not model.__doc__.startswith(model.__name__ + "("):
        schema["description"] = _docstring(model)
    if required:
        schema["required"] = required
    schema.update(getattr(model, "_schema_extra", {}))
    return schema


def _class_fields(model):
    """Yields (name, type hint, default, has a default, description)."""
    if dataclasses.is_dataclass(model):
        hints = typing.get_type_hints(model)
        for field in dataclasses.fields(model):
            if field.default_factory is not dataclasses.MISSING:
                yield field.name, hints[field.name], field.default_factory(), True, None
            else:
                yield field.name, hints[field.name], field.default, field.default is not dataclasses.MISSING, None
        return
    for name, (hint, info) in model.field_infos().items():
        # What a factory makes may differ every time (an id, the time), so only empty containers count as a default.
        default = info.default_factory() if info.default_factory in (list, dict) else info.default
        has_default = info.default_factory is not None or not info.is_required()
        yield name, hint, default, has_default, info.description


def _hint_schema(hint, definitions):
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Union or type(hint).__name__ == "UnionType":
        return {"anyOf": [_hint_schema(argument, definitions) for argument in arguments]}
    if origin is typing.Literal:
        return {"enum": list(arguments)}
    if hint in (list, tuple, set) or origin in (list, tuple, set, frozenset):
        items = _hint_schema(arguments[0], definitions) if arguments else {}
        return {"type": "array", "items": items} if items else {"type": "array"}
    if hint is dict or origin is dict:
        return {"type": "object"}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    if is_model(hint):
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = {}  # A class that refers to itself finds its entry here.
            definitions[hint.__name__] = _class_schema(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    return {}


def _docstring(model):
    return " ".join(line.strip() for line in model.__doc__.strip().splitlines())

"""The base class of the models: Pydantic 2's or 1's BaseModel, or a plain class with the same constructor without Pydantic."""

import json
import typing
from datetime import datetime, timezone
from enum import Enum
from uuid import UUID

try:
    import pydantic
except ImportError:
    pydantic = None

PYDANTIC_MAJOR = 0 if pydantic is None else int(pydantic.VERSION.split(".")[0])
"""2, 1, or 0 where Pydantic is not installed."""


def schema_extra(**extra):
    """Returns the class keywords that put `extra` at the top level of a model's JSON Schema, under any Pydantic."""
    return {"json_schema_extra" if PYDANTIC_MAJOR >= 2 else "schema_extra": extra}


def parse_datetime(text):
    """Reads RFC 3339 text as the engine prints it; an aware datetime in UTC."""
    whole, dot, fraction = text.removesuffix("Z").partition(".")
    if dot and text.endswith("Z"):
        # datetime.fromisoformat reads 3 or 6 digits only before Python 3.11.
        whole += "." + fraction.ljust(6, "0")[:6]
        return datetime.fromisoformat(whole + "+00:00")
    parsed = datetime.fromisoformat(whole + "+00:00" if text.endswith("Z") else text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)


if PYDANTIC_MAJOR >= 2:
    Field = pydantic.Field

    class Model(pydantic.BaseModel):
        """Base of REM DB's models."""

elif PYDANTIC_MAJOR == 1:
    Field = pydantic.Field

    class Model(pydantic.BaseModel):
        """Base of REM DB's models, with Pydantic 2's names for what Pydantic 1 calls otherwise."""

        def model_dump(self, **options):
            """Returns the fields as a dict."""
            return self.dict(**options)

        def model_dump_json(self, **options):
            """Returns the fields as JSON text."""
            return self.json(**options)

        @classmethod
        def model_validate(cls, data):
            """Makes a model from a dict."""
            return cls.parse_obj(data)

else:
    _REQUIRED = object()

    class _FieldInfo:
        def __init__(self, default, default_factory, description):
            self.default = default
            self.default_factory = default_factory
            self.description = description

        def is_required(self):
            return self.default is _REQUIRED and self.default_factory is None

        def make(self):
            return self.default_factory() if self.default_factory else self.default

    def Field(default=_REQUIRED, default_factory=None, description=None):  # noqa: N802 (Pydantic's name)
        """Describes a field: its default, or a function that makes one."""
        return _FieldInfo(default, default_factory, description)

    class Model:
        """Base of REM DB's models where Pydantic is not installed: keyword constructor, `dict()`, equality, no validation
        beyond reading ids, times and enumerations from their texts."""

        _schema_extra: typing.ClassVar[dict] = {}

        def __init_subclass__(cls, schema_extra=None, **keywords):
            super().__init_subclass__(**keywords)
            if schema_extra is not None:
                cls._schema_extra = schema_extra

        def __init__(self, **values):
            missing = []
            for name, (hint, info) in self.field_infos().items():
                value = values[name] if name in values else info.make()
                if value is _REQUIRED:
                    missing.append(name)
                setattr(self, name, _coerced(hint, value))
            if missing:
                raise ValueError(f"{type(self).__name__} needs {', '.join(missing)}")

        @classmethod
        def field_infos(cls):
            """Returns {name: (type hint, description of the field)} in order of declaration, base classes first."""
            if "_field_infos" not in vars(cls):
                cls._field_infos = {}
                for name, hint in typing.get_type_hints(cls).items():
                    if typing.get_origin(hint) is typing.ClassVar or name.startswith("_"):
                        continue
                    default = getattr(cls, name, _REQUIRED)
                    info = default if isinstance(default, _FieldInfo) else _FieldInfo(default, None, None)
                    cls._field_infos[name] = (hint, info)
                order = [n for base in reversed(cls.__mro__) for n in vars(base).get("__annotations__", {})]
                cls._field_infos = {n: cls._field_infos[n] for n in dict.fromkeys(order) if n in cls._field_infos}
            return cls._field_infos

        def dict(self, exclude_none=False):
            """Returns the fields as a dict."""
            fields = {name: getattr(self, name) for name in self.field_infos()}
            return {name: value for name, value in fields.items() if not (exclude_none and value is None)}

        model_dump = dict

        def json(self, **options):
            """Returns the fields as JSON text."""
            return json.dumps(self.dict(**options), default=_json_default)

        model_dump_json = json

        @classmethod
        def parse_obj(cls, data):
            """Makes a model from a dict."""
            return cls(**data)

        model_validate = parse_obj

        def __eq__(self, other):
            return type(self) is type(other) and self.dict() == other.dict()

        __hash__ = None

        def __repr__(self):
            return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.dict().items())})"

    def _json_default(value):
        if isinstance(value, datetime):
            return value.isoformat()
        return value.value if isinstance(value, Enum) else str(value)

    def _coerced(hint, value):
        options = [hint, *typing.get_args(hint)]
        if not isinstance(value, str):
            return value
        if UUID in options:
            try:
                return UUID(value)
            except ValueError:
                if str in options:
                    return value
                raise
        if datetime in options:
            return parse_datetime(value)
        for option in options:
            if isinstance(option, type) and issubclass(option, Enum):
                return option(value)
        return value

"""Python values in, the same values out: through a table without declared fields."""

import collections
import types
import uuid
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum

import numpy
import pydantic
import pytest

from rem_db import errors


class Colour(str, Enum):
    RED = "red"


class Size(IntEnum):
    BIG = 3


class Point(pydantic.BaseModel):
    x: int
    label: Colour = Colour.RED


class Text(str):
    pass


@pytest.fixture
def stored(records):
    """Stores one value and reads it back."""
    records.register_schema("anything", {"type": "object"})

    def store(value):
        return records.get(records.insert("anything", {"value": value}))["value"]

    return store


@pytest.mark.parametrize("value", [
    None, True, False, 0, -1, 2**63 - 1, -(2**63), 0.0, -1.5, 1e300, 0.1, "", "äöü 🎈", "x" * 10000, [], {}, [1, [2, [3]]],
    {"a": {"b": [None, True, {"c": "d"}]}, "": 1}, [1.0, 2], list(range(300))])
def test_json_values_come_back_as_they_were(stored, value):
    read = stored(value)
    assert read == value and type(read) is type(value)


def test_integers_and_doubles_keep_their_types(stored):
    read = stored([1, 1.0, True])
    assert [type(item) for item in read] == [int, float, bool]


@pytest.mark.parametrize("value, expected", [
    ((1, 2), [1, 2]),
    (frozenset([7]), [7]),
    ({"only"}, ["only"]),
    (Text("sub"), "sub"),
    (Colour.RED, "red"),
    (Size.BIG, 3),
    (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    (datetime(2026, 11, 21, 10, 0, 0), "2026-11-21T10:00:00Z"),
    (datetime(2026, 11, 21, 10, 0, 0, 120000), "2026-11-21T10:00:00.12Z"),
    (datetime(2026, 11, 21, 10, 0, 0, 1, timezone(timedelta(hours=2))), "2026-11-21T08:00:00.000001Z"),
    (date(2026, 11, 21), "2026-11-21"),
    (time(10, 30), "10:30:00"),
    (Decimal("1.5"), 1.5),
    (Decimal("12"), 12),
    (Decimal("1E+3"), 1000),
    (Decimal("1E+30"), 1e30),
    (collections.OrderedDict(a=1), {"a": 1}),
    (types.MappingProxyType({"a": 1}), {"a": 1}),
    (numpy.float32(0.5), 0.5),
    (numpy.int64(7), 7),
    (numpy.bool_(True), True),
    (numpy.arange(4).reshape(2, 2), [[0, 1], [2, 3]]),
    (numpy.array([0.5, 1.5], dtype=numpy.float32), [0.5, 1.5]),
    (Point(x=1), {"x": 1, "label": "red"}),
    ([Point(x=2)], [{"x": 2, "label": "red"}]),
    (pydantic.SecretStr("hidden"), "**********"),
])
def test_other_types_become_json(stored, value, expected):
    read = stored(value)
    assert read == expected and type(read) is type(expected)


@pytest.mark.parametrize("value, error, words", [
    (b"bytes", errors.InvalidArgument, "base64"),
    (bytearray(b"x"), errors.InvalidArgument, "base64"),
    (float("nan"), errors.InvalidJSON, ""),
    (float("inf"), errors.InvalidJSON, ""),
    (Decimal("NaN"), errors.InvalidJSON, "finite"),
    (Decimal("1E+400"), errors.InvalidJSON, ""),
    (2**63, errors.InvalidJSON, "64 bits"),
    (-(2**63) - 1, errors.InvalidJSON, "64 bits"),
    (10**30, errors.InvalidJSON, "64 bits"),
    ({1: "a"}, errors.InvalidArgument, "text keys"),
    ({(1, 2): "a"}, errors.InvalidArgument, "text keys"),
    ("\ud800", errors.InvalidJSON, "surrogate"),
    ({"\ud800": 1}, errors.InvalidJSON, "surrogate"),
    ("a\0b", errors.InvalidJSON, ""),
    (object(), errors.InvalidArgument, "object"),
    (timedelta(seconds=1), errors.InvalidArgument, "timedelta"),
    (len, errors.InvalidArgument, ""),
    (1j, errors.InvalidArgument, "complex"),
])
def test_what_json_cannot_hold_is_refused(stored, value, error, words):
    with pytest.raises(error, match=words) as caught:
        stored([0, value])
    assert isinstance(caught.value, ValueError)
    assert "at /value/1" in str(caught.value)


def test_nesting_has_a_limit_and_no_crash(stored):
    deep = []
    for _ in range(10_000):
        deep = [deep]
    with pytest.raises(errors.InputError):
        stored(deep)
    loop = {}
    loop["self"] = loop
    with pytest.raises(errors.InputError) as caught:
        stored(loop)
    assert len(str(caught.value)) < 2000


def test_a_failed_conversion_changes_nothing(records):
    records.register_schema("anything", {"type": "object"})
    with pytest.raises(errors.InvalidArgument, match="/b"):
        records.insert_batch("anything", [{"a": 1}, {"b": b""}])
    assert records.count("anything") == 0


def test_an_error_of_python_code_comes_through(stored):
    class Broken(collections.abc.Mapping):
        def __getitem__(self, key):
            raise ZeroDivisionError

        def __iter__(self):
            yield "key"

        def __len__(self):
            return 1

    with pytest.raises(ZeroDivisionError):
        stored(Broken())
    assert stored(1) == 1


def test_a_dict_that_changes_while_it_is_read_is_refused(stored):
    class Growing(collections.abc.Mapping):
        def __init__(self, victim):
            self.victim = victim

        def __getitem__(self, key):
            self.victim[f"new{len(self.victim)}"] = 1
            return 1

        def __iter__(self):
            yield "key"

        def __len__(self):
            return 1

    victim = {}
    victim["grows"] = Growing(victim)
    with pytest.raises(errors.InvalidArgument, match="changed"):
        stored(victim)


@pytest.mark.parametrize("record", [3, "text", [1], None])
def test_a_record_is_an_object(records, record):
    records.register_schema("anything", {"type": "object"})
    with pytest.raises(errors.InvalidArgument, match="dict"):
        records.insert("anything", record)


@pytest.mark.parametrize("rows", [{"a": 1}, "text"])
def test_a_batch_is_a_list(records, rows):
    with pytest.raises((errors.InvalidArgument, TypeError)):
        records.insert_batch("resources", rows)


@pytest.mark.parametrize("id", ["no uuid", "", 5, None, b"1234567890123456"])
def test_an_id_is_a_uuid(records, id):
    with pytest.raises(errors.InvalidText, match="lookup"):
        records.get(id)


@pytest.mark.parametrize("vector", [
    [0.6, 0.8], (0.6, 0.8), numpy.array([0.6, 0.8]), numpy.array([0.6, 0.8], dtype=numpy.float32),
    numpy.array([0.6, 9, 0.8, 9])[::2], numpy.array([0.6, 0.8], dtype=numpy.float16)])
def test_vectors_come_from_lists_and_arrays(db, vector):
    from rem_db import Entity

    id = db.create_entity(Entity(type="t", name="n"))
    db.set_embedding(id, vector, entity_type="entity")
    assert db.get_entity(id).embedding == pytest.approx([0.6, 0.8], abs=1e-3)


@pytest.mark.parametrize("vector", [
    ["a"], [True], [None], [float("nan")], [1e300], numpy.array([[1.0], [2.0]] * 2), [[1.0]], b"ab", numpy.array(["a"])])
def test_what_is_no_vector_is_refused(db, vector):
    from rem_db import Entity

    id = db.create_entity(Entity(type="t", name="n"))
    with pytest.raises(errors.InvalidArgument, match="Vector"):
        db.set_embedding(id, vector, entity_type="entity")
    assert db.get_entity(id).embedding is None

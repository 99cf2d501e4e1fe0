"""Models as the records that are stored."""

import dataclasses

_VECTORS = ("embedding", "embedding_alt")
_TIMES = ("modified_at", "deleted_at")


def record_of(thing):
    """Returns what to store for a dict, a model or a dataclass: a dict goes as it is, of a model what only the engine sets
    and what is empty by default is left out."""
    if isinstance(thing, dict):
        return thing
    if hasattr(thing, "field_infos"):
        record = thing.dict()
    elif hasattr(thing, "model_dump"):
        record = thing.model_dump(by_alias=True)
    elif hasattr(thing, "__fields__") and hasattr(thing, "dict"):
        record = thing.dict(by_alias=True)
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        record = dataclasses.asdict(thing)
    else:
        return thing  # The engine's conversion knows more types, or says what is wrong.
    for name in _VECTORS:
        # An explicit null would say "no vector, and compute none".
        if name in record and record[name] is None:
            del record[name]
    for name in _TIMES:
        record.pop(name, None)
    if record.get("edges") == []:
        del record["edges"]
    if "id" in record and record["id"] is None:
        del record["id"]
    return record

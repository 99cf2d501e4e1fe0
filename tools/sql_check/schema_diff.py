#!/usr/bin/env python3
"""Random JSON Schemas and instances: REM DB's validator against Python's jsonschema (Debian's python3-jsonschema).

    tools/sql_check/schema_diff.py [N] [SEED] [--driver PATH]

Schemas of drafts 7, 2019-09 and 2020-12 use every keyword but formats; a schema with a difference is made smaller before it is printed.
"""

import argparse
import collections
import json
import os
import random
import sys
import time

import jsonschema
from driver import Driver, DriverDied

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DRAFTS = {
    "http://json-schema.org/draft-07/schema#": jsonschema.Draft7Validator,
    "https://json-schema.org/draft/2019-09/schema": jsonschema.Draft201909Validator,
    "https://json-schema.org/draft/2020-12/schema": jsonschema.Draft202012Validator,
}
NAMES = ["a", "b", "ab", "c", "x1"]
SCALARS = [None, True, False, 0, 1, 2, 3, -1, 1.0, 1.5, 0.1, 10, "", "a", "ab", "b1", "\u00e4\U0001f600"]
PATTERNS = ["^a", "b$", "^[ab]+$", "\\d", "^.$", "a|x"]


class Schemas:
    def __init__(self, rng, draft):
        self.random = rng
        self.draft = draft
        self.seven = "draft-07" in draft
        self.modern = "2020-12" in draft
        self.definitions = {}

    def instance(self, depth=3):
        pick = self.random.random()
        if depth <= 0 or pick < 0.4:
            return self.random.choice(SCALARS)
        if pick < 0.65:
            return [self.instance(depth - 1) for _ in range(self.random.randint(0, 4))]
        return {name: self.instance(depth - 1) for name in self.random.sample(NAMES, self.random.randint(0, 4))}

    def count(self):
        return self.random.choice([0, 1, 2, 2.0, 3])

    def schemas(self, depth, least=1):
        return [self.schema(depth - 1) for _ in range(self.random.randint(least, 3))]

    def schema(self, depth):
        if self.random.random() < 0.08 or depth <= 0:
            return self.random.choice([True, True, False, {}, {"type": "integer"}, {"const": self.random.choice(SCALARS)}])
        out = {}
        for keyword in self.random.sample(self.keywords(), self.random.choice([1, 1, 2, 3, 4])):
            out.update(keyword(depth))
        return out

    def keywords(self):
        pick = self.random.choice
        found = [
            lambda d: {"type": pick(["integer", "number", "string", "array", "object", "boolean", "null", ["string", "null"], ["array", "object"]])},
            lambda d: {"enum": [self.instance(1) for _ in range(3)]},
            lambda d: {"const": self.instance(2)},
            lambda d: {pick(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]): pick([0, 1, 1.5, 2, -1])},
            lambda d: {"multipleOf": pick([1, 2, 0.5, 0.1, 3])},
            lambda d: {pick(["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"]): self.count()},
            lambda d: {"pattern": pick(PATTERNS)},
            lambda d: {"uniqueItems": pick([True, True, False])},
            lambda d: {"required": self.random.sample(NAMES, pick([0, 1, 2]))},
            lambda d: {"properties": {name: self.schema(d - 1) for name in self.random.sample(NAMES, pick([1, 2]))}},
            lambda d: {"patternProperties": {pick(PATTERNS): self.schema(d - 1)}},
            lambda d: {"additionalProperties": self.schema(d - 1)},
            lambda d: {"propertyNames": {pick(["minLength", "maxLength"]): self.count()}},
            lambda d: {"propertyNames": {"pattern": pick(PATTERNS)}},
            lambda d: {"contains": self.schema(d - 1)},
            lambda d: {"items": self.schema(d - 1)},
            lambda d: {"allOf": self.schemas(d)},
            lambda d: {"anyOf": self.schemas(d)},
            lambda d: {"oneOf": self.schemas(d)},
            lambda d: {"not": self.schema(d - 1)},
            lambda d: {"if": self.schema(d - 1), "then": self.schema(d - 1), "else": self.schema(d - 1)},
            lambda d: {"if": self.schema(d - 1), pick(["then", "else"]): self.schema(d - 1)},
            lambda d: {"$ref": self.reference()},
        ]
        if self.modern:
            found += [lambda d: {"prefixItems": self.schemas(d)}, lambda d: {"prefixItems": self.schemas(d), "items": self.schema(d - 1)}]
        else:
            found += [lambda d: {"items": self.schemas(d), "additionalItems": self.schema(d - 1)}]
        if self.seven:
            found += [lambda d: {"dependencies": {pick(NAMES): self.schema(d - 1), pick(NAMES): self.random.sample(NAMES, 1)}}]
        else:
            unevaluated = [lambda d: {pick(["unevaluatedProperties", "unevaluatedItems"]): self.schema(d - 1) if self.random.random() < 0.4 else False}] * 4
            found += [lambda d: {"dependentSchemas": {pick(NAMES): self.schema(d - 1)}}, lambda d: {"dependentRequired": {pick(NAMES): self.random.sample(NAMES, 1)}},
                      lambda d: {"contains": self.schema(d - 1), pick(["minContains", "maxContains"]): self.count()}, *unevaluated]
        return found

    def reference(self):
        name = self.random.choice(["d0", "d1", "d2"])
        self.definitions.setdefault(name, None)
        return f"#/$defs/{name}" if not self.seven else f"#/definitions/{name}"

    def whole(self):
        root = self.schema(4)
        if not isinstance(root, dict):
            root = {"allOf": [root]}
        definitions = {}
        # Definitions refer to later ones alone, so that no reference goes on for ever.
        for i in range(3):
            self.definitions = {}
            body = self.schema(2)
            while any(f"/d{j}\"" in json.dumps(body) for j in range(i + 1)):
                body = self.schema(2)
            definitions[f"d{i}"] = body
        return {"$schema": self.draft, **root, "definitions" if self.seven else "$defs": definitions}


def bug_of_oracle(schema):
    """Where jsonschema 4.10 is wrong: additionalProperties, contains and unevaluated... beside unevaluated..., and [1] as [true]."""
    text = json.dumps(schema)
    return ("unevaluated" in text and ("additional" in text or "contains" in text or text.count("unevaluated") > 1)) or \
        any(word in text for word in ("true]", "[1", "[0", "false]", "true,", "false,", ": true", ": false", ": 1", ": 0")) and ("const" in text or "enum" in text)


def smaller(schema):
    """Schemas with one part less."""
    if isinstance(schema, dict):
        for key in list(schema):
            if key not in ("$schema", "$defs", "definitions"):
                yield {k: v for k, v in schema.items() if k != key}
            for part in smaller(schema[key]):
                yield {**schema, key: part}
    elif isinstance(schema, list):
        for i, item in enumerate(schema):
            if len(schema) > 1:
                yield schema[:i] + schema[i + 1:]
            for part in smaller(item):
                yield schema[:i] + [part] + schema[i + 1:]


class SchemaDiff:
    def __init__(self, driver):
        self.driver = driver
        self.counts = collections.Counter()
        self.failures = 0

    def difference(self, schema, instances):
        """None, or (instance, ours, theirs)."""
        answer = self.driver.ask({"op": "validate", "schema": schema, "instances": instances})
        if "error" in answer:
            self.counts["refused: " + answer["message"].split("\n")[0][:60]] += 1
            return None
        validator = DRAFTS[schema["$schema"]](schema)
        for instance, ours in zip(instances, answer["valid"]):
            self.counts["checked"] += 1
            try:
                theirs = validator.is_valid(instance)
            except Exception:  # pylint: disable=broad-except
                self.counts["oracle failed"] += 1
                return None
            if ours != theirs:
                return instance, ours, theirs
        return None

    def run_one(self, seed):
        rng = random.Random(seed)
        make = Schemas(rng, rng.choice(list(DRAFTS)))
        schema = make.whole()
        instances = [make.instance() for _ in range(12)]
        found = self.difference(schema, instances)
        if not found:
            return
        again = True
        while again:
            again = False
            for candidate in smaller(schema):
                if "$schema" in candidate and (less := self.difference_or_none(candidate, [found[0]])):
                    schema, found, again = candidate, less, True
                    break
        if bug_of_oracle(schema):
            self.counts["oracle wrong"] += 1
            return
        self.failures += 1
        print(f"-- seed {seed}: ours {found[1]}, jsonschema {found[2]}\n   {json.dumps(schema)}\n   {json.dumps(found[0])}", flush=True)

    def difference_or_none(self, schema, instances):
        try:
            return self.difference(schema, instances)
        except DriverDied:
            self.driver.start()
            return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("n", nargs="?", type=int, default=2000)
    parser.add_argument("seed", nargs="?", type=int, default=int(time.time()))
    parser.add_argument("--driver", default=os.path.join(ROOT, "build/release/bin/sql_driver"))
    options = parser.parse_args()
    begin = time.time()
    diff = SchemaDiff(Driver(options.driver))
    for i in range(options.n):
        diff.run_one(options.seed + i)
    diff.driver.close()
    print(f"schema-diff: {options.n} schemas, seed {options.seed}, {dict(diff.counts)}, {diff.failures} failures, {time.time() - begin:.0f} s")
    return 1 if diff.failures else 0


if __name__ == "__main__":
    sys.exit(main())

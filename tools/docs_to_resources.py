#!/usr/bin/env python3
"""Writes Markdown files as JSONL for the table `resources`: one record for each section under a heading.

usage: docs_to_resources.py FILE...
"""

import json
import re
import sys

HEADING = re.compile(r"^(#{1,4})\s+(.+?)\s*#*$")


def sections(text):
    """Yields (heading path, body) for each section with a body; lines inside code fences are no headings."""
    path, body, in_code = [], [], False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            in_code = not in_code
        match = None if in_code else HEADING.match(line)
        if not match:
            body.append(line)
            continue
        if "\n".join(body).strip():
            yield path, "\n".join(body).strip()
        level = len(match.group(1))
        path = path[: level - 1] + [match.group(2)]
        body = []
    if "\n".join(body).strip():
        yield path, "\n".join(body).strip()


def records(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for ordinal, (headings, body) in enumerate(sections(text)):
        heading = headings[-1] if headings else path
        yield {
            "name": heading,
            "content": "\n".join(headings[-1:] + [body]),
            "category": "documentation",
            "uri": path,
            "chunk_ordinal": ordinal,
            "metadata": {"file": path, "headings": headings},
        }


def main():
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__.strip())
        return 0 if len(sys.argv) > 1 else 2
    for path in sys.argv[1:]:
        for record in records(path):
            print(json.dumps(record, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())

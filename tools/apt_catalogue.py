#!/usr/bin/env python3
"""Writes Debian's package catalogue as JSONL for `examples/packages.schema.yaml`.

Without arguments the catalogue comes from `apt-cache dumpavail`; when that knows next to nothing, `apt-get update` is tried
(as root), and then dpkg's own lists are read. With a file name (or - for standard input), stanzas are read from there.
"""

import json
import os
import re
import subprocess
import sys

# A system whose package lists were never fetched knows only what is installed.
FEW_PACKAGES = 2000
DPKG_FILES = ("/var/lib/dpkg/available", "/var/lib/dpkg/status")
PRIORITIES = {"required", "important", "standard", "optional", "extra"}


def read_stanzas(lines):
    """Yields each stanza as a dict of lower-case field names; continuation lines are joined with line breaks."""
    fields, name = {}, None
    for raw in lines:
        line = raw.rstrip("\n")
        if not line.strip():
            if fields:
                yield fields
            fields, name = {}, None
        elif line[0] in " \t" and name:
            fields[name] += "\n" + line.strip()
        elif ":" in line:
            name, value = line.split(":", 1)
            name = name.lower()
            fields[name] = value.strip()
    if fields:
        yield fields


def package_names(relations):
    """Names in a dependency field, in order: 'a (>= 1), b | c' gives ['a', 'b']."""
    names = []
    for relation in relations.split(","):
        match = re.match(r"[a-z0-9][a-z0-9+.-]*", relation.strip())
        if match and match.group() not in names:
            names.append(match.group())
    return names


def description_text(text):
    """Debian's layout as plain text: a lone '.' is an empty line."""
    return "\n".join("" if line == "." else line for line in text.split("\n")).strip()


def number(fields, name):
    value = fields.get(name, "")
    return int(value) if value.isdigit() else None


def to_record(fields):
    """One record of the table `packages`; None for a stanza that describes no package."""
    name, version = fields.get("package"), fields.get("version")
    if not name or not version:
        return None
    description = description_text(fields.get("description") or fields.get("description-en") or "")
    record = {
        "name": name,
        "version": version,
        "section": fields.get("section") or "unknown",
        "priority": fields["priority"] if fields.get("priority") in PRIORITIES else "optional",
        "architecture": fields.get("architecture") or "all",
        "installed_size": number(fields, "installed-size"),
        "download_size": number(fields, "size"),
        "maintainer": fields.get("maintainer") or "unknown",
        "homepage": fields.get("homepage"),
        "description": description,
        "depends": package_names(fields.get("pre-depends", "") + "," + fields.get("depends", "")),
        "tags": re.findall(r"[^,\s]+", fields.get("tag", "")),
    }
    return record


def stanzas_of_command(command):
    try:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8", errors="replace") as process:
            yield from read_stanzas(process.stdout)
    except FileNotFoundError:
        return


def stanzas_of_file(path):
    with open(path, encoding="utf-8", errors="replace") as lines:
        yield from read_stanzas(lines)


def update_package_lists():
    """Fetches the package lists; True when that worked."""
    if os.geteuid() != 0:
        return False
    print("fetching package lists with apt-get update", file=sys.stderr)
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    try:
        finished = subprocess.run(["apt-get", "-qq", "update"], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, timeout=90, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return finished.returncode == 0


def sources():
    """The places to read from, best first; each is (name, iterator of stanzas)."""
    yield "apt-cache dumpavail", stanzas_of_command(["apt-cache", "dumpavail"])
    if update_package_lists():
        yield "apt-cache dumpavail", stanzas_of_command(["apt-cache", "dumpavail"])
    for path in DPKG_FILES:
        if os.path.exists(path):
            yield path, stanzas_of_file(path)


def best_source():
    """The records of the first source with many packages, else those of the one with the most."""
    best_name, best = None, []
    for name, stanzas in sources():
        records = (record for record in map(to_record, stanzas) if record)
        first = []
        for record in records:
            first.append(record)
            if len(first) == FEW_PACKAGES:
                return name, chain(first, records)
        if len(first) > len(best):
            best_name, best = name, first
    return best_name, iter(best)


def chain(first, rest):
    yield from first
    yield from rest


def main():
    if len(sys.argv) > 2 or (len(sys.argv) == 2 and sys.argv[1] in ("-h", "--help")):
        print(__doc__.strip())
        print("\nusage: apt_catalogue.py [FILE | -]")
        return 0 if len(sys.argv) == 2 else 2
    if len(sys.argv) == 2:
        stanzas = read_stanzas(sys.stdin) if sys.argv[1] == "-" else stanzas_of_file(sys.argv[1])
        records = (record for record in map(to_record, stanzas) if record)
    else:
        name, records = best_source()
        if name is None:
            print("no package catalogue found: this needs a Debian system", file=sys.stderr)
            return 1
        print(f"reading {name}", file=sys.stderr)
    try:
        for record in records:
            print(json.dumps(record, ensure_ascii=False))
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads this has stopped, and says why itself.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

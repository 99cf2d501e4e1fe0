"""The programs that turn what a machine has into records for the demo."""

import json
import subprocess
import sys

from cli_harness import ROOT

STANZAS = """\
Package: jpegoptim
Version: 1.4.7-1
Installed-Size: 59
Maintainer: A Person <person@example.org>
Architecture: amd64
Pre-Depends: init (>= 1)
Depends: libc6 (>= 2.34), libjpeg62-turbo | libjpeg, libc6 (<< 3)
Description: utility to optimize jpeg files
 It makes them smaller.
 .
 Without loss.
Homepage: https://example.org
Tag: role::program, scope::utility,
 works-with::image
Section: graphics
Priority: odd

Package: no-version

Package: plain
Version: 1
Description: plain
"""


def run(tool, *arguments, stdin=""):
    finished = subprocess.run([sys.executable, str(ROOT / "tools" / tool), *map(str, arguments)], input=stdin, capture_output=True,
                              text=True, check=False)
    return finished.returncode, [json.loads(line) for line in finished.stdout.splitlines() if line.startswith("{")]


def test_stanzas_become_packages():
    code, records = run("apt_catalogue.py", "-", stdin=STANZAS)
    assert code == 0 and [record["name"] for record in records] == ["jpegoptim", "plain"]
    first = records[0]
    assert first["installed_size"] == 59 and first["download_size"] is None and first["section"] == "graphics"
    assert first["depends"] == ["init", "libc6", "libjpeg62-turbo"]
    assert first["tags"] == ["role::program", "scope::utility", "works-with::image"]
    assert first["description"] == "utility to optimize jpeg files\nIt makes them smaller.\n\nWithout loss."
    assert first["priority"] == "optional"


def test_packages_fit_their_schema(empty_cli):
    empty_cli.ok("init")
    empty_cli.ok("schema", "add", ROOT / "examples" / "packages.schema.yaml")
    _, records = run("apt_catalogue.py", "-", stdin=STANZAS)
    lines = "".join(json.dumps(record) + "\n" for record in records)
    empty_cli.ok("insert", "packages", "-", stdin=lines)
    # The name is the key: loading again replaces.
    empty_cli.ok("insert", "packages", "-", stdin=lines)
    assert empty_cli.count("packages") == 2


def test_pages_are_split_at_headings(tmp_path, empty_cli):
    page = tmp_path / "page.md"
    page.write_text("Before.\n\n# Title\n\nIntro.\n\n## Empty\n\n## Part\n\n```sh\n# no heading\n```\n")
    code, records = run("docs_to_resources.py", page)
    assert code == 0
    assert [(record["name"], record["chunk_ordinal"]) for record in records] == [(str(page), 0), ("Title", 1), ("Part", 2)]
    assert records[2]["metadata"]["headings"] == ["Title", "Part"] and "# no heading" in records[2]["content"]
    empty_cli.ok("init")
    empty_cli.ok("insert", "resources", "-", stdin="".join(json.dumps(record) + "\n" for record in records))
    assert empty_cli.count("resources") == 3

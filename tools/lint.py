#!/usr/bin/env python3
"""Checks what a compiler does not: layers, third-party homes, lengths, banned words, dead headers, machine paths.

Usage: tools/lint.py [ROOT]. Prints one line per finding, `path:line: rule: what; how to fix`, and exits 1 if there is one.
"""

import os
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

sys.path.insert(0, str(Path(__file__).resolve().parent))
from lint_layers import Layers, PathRules  # noqa: E402
from lint_source import cpp_functions, python_functions, strip_cpp  # noqa: E402

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 100
CPP = (".h", ".cc")
CODE = CPP + (".py", ".sh", ".cmake")
CODE_NAMES = ("CMakeLists.txt", "dev", "run")

# The character classes and escaped dots keep this file from matching its own patterns.
MARK = re.compile(r"\b(T[O]DO|F[I]XME|X{3})\b")
MACHINE_PATH = re.compile(r"(?<![\w.~#})])/(work|root|home)/")
REGISTRY = re.compile(
    r"\b(pypi\.org|pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com|crates\.io|proxy\.golang\.org"
    r"|sum\.golang\.org|repo1?\.maven\.org|repo\.maven\.apache\.org|rubygems\.org|anaconda\.org|deb\.debian\.org"
    r"|docker\.io|ghcr\.io|quay\.io)\b")
VAGUE = re.compile(r"Utils?(?![a-z])|Helpers?(?![a-z])|Common(?![a-z])|Managers?(?![a-z])")
# Python's surface keeps a prototype's name; the others are standard terms of SQL and of strings.
NAMES_THAT_STAY = re.compile(r"ReplicationManager|CommonTable|CommonSubexpression|CommonPrefix")
CLASS_NAME = re.compile(r"\b(?:class|struct|enum(?:\s+(?:class|struct))?)\s+(?:\[\[\w+\]\]\s*)?([A-Z]\w*)")

# (pattern in code without comments and strings, rule, what, how to fix, folders and files where it is fine)
BANNED = [
    (re.compile(r"\busing\s+namespace\s+std\s*;"), "using-std", "using namespace std", "write std:: where it is used", ()),
    (re.compile(r"\bstd\s*::\s*w?regex\b"), "std-regex", "std::regex is slow and recurses", "use RE2 in its home", ()),
    (re.compile(r"(?<![\w.>])assert\s*\("), "assert", "assert() vanishes in release builds",
     "use REM_CHECK for an invariant, rem::Error for bad input", ()),
    (re.compile(r"(?<![\w.>])s?rand\s*\("), "rand", "rand() cannot be replayed from a seed", "use base/random.h", ()),
    (re.compile(r"\bstd\s*::\s*(views|ranges\s*::\s*(views|subrange|unique|equal_range|(stable_)?partition|remove(_if)?|rotate|search))\b"), "ranges",
     "clang 14 cannot compile libstdc++'s subrange", "use the algorithm over iterators, or std::erase_if", ()),
    (re.compile(r"(?<![\w.>])v?[fsd]?n?printf\s*\("), "printf", "printf family", "format with fmt in a .cc file",
     # RocksDB hands its messages over as a va_list.
     ("src/cli", "bench", "tests", "src/storage/info_log.cc")),
    (re.compile(r"\bstd\s*::\s*cout\b"), "cout", "std::cout", "return the text, or log it",
     ("src/cli", "bench", "tests", "tools")),
]


class Linter:
    def __init__(self, root):
        self.root = Path(root).resolve()
        self.findings = []
        self.included = set()
        self.files = self.list_files()
        self.layers = Layers.read(self.root / "layers.txt", self.report)
        self.paths = PathRules(self.layers, set(self.files), self.report)

    def report(self, path, line, rule, what, fix):
        self.findings.append((str(path), line, f"{path}:{line}: {rule}: {what}; {fix}"))

    def list_files(self):
        """Tracked files and new ones that git does not ignore; without git, everything outside build/ and dot folders."""
        listing = subprocess.run(["git", "-C", str(self.root), "ls-files", "-co", "--exclude-standard", "-z"],
                                 capture_output=True, check=False)
        if listing.returncode == 0:
            names = [os.fsdecode(name) for name in listing.stdout.split(b"\0") if name]
            return sorted({name for name in names if (self.root / name).is_file()})
        names = []
        for folder, subfolders, files in os.walk(self.root):
            subfolders[:] = [s for s in subfolders if not s.startswith(".") and s not in ("build", "__pycache__")]
            names += [str((Path(folder) / f).relative_to(self.root)) for f in files]
        return sorted(names)

    def run(self):
        for name in self.files:
            data = (self.root / name).read_bytes()
            if b"\0" in data:
                continue
            text = data.decode("utf-8", "replace")
            self.check_any(name, text)
            if name.endswith(CODE) or PurePosixPath(name).name in CODE_NAMES:
                self.check_code(name, text)
            if name.endswith(CPP):
                self.check_cpp(name, text)
            if name.endswith(".py"):
                self.check_python(name, text)
        self.check_dead_headers()
        return [message for _, _, message in sorted(self.findings)]

    def check_any(self, name, text):
        for number, line in enumerate(text.splitlines(), 1):
            if found := MACHINE_PATH.search(line):
                self.report(name, number, "machine-path", f"path {found.group()} of one machine",
                            "use a relative path or an option")
            if found := REGISTRY.search(line):
                self.report(name, number, "registry-host", f"package registry {found.group()}",
                            "the project depends on Debian packages only (tools/packages.txt)")

    def check_code(self, name, text):
        lines = text.splitlines()
        if name.endswith(CPP + (".py",)) and len(lines) > MAX_FILE_LINES:
            self.report(name, 1, "file-length", f"{len(lines)} lines, limit {MAX_FILE_LINES}", "split it by idea")
        for number, line in enumerate(lines, 1):
            if found := MARK.search(line):
                self.report(name, number, "mark", f"{found.group()} left in the code", "do it or remove it")
        stem = "".join(part.capitalize() for part in re.split(r"[_\-.]", PurePosixPath(name).stem))
        if VAGUE.search(NAMES_THAT_STAY.sub("", stem)):
            self.report(name, 1, "vague-name", f"file name {PurePosixPath(name).name}", "name what the file is about")

    def check_length(self, name, functions):
        for start, length in functions:
            if length > MAX_FUNCTION_LINES:
                self.report(name, start, "function-length", f"{length} lines, limit {MAX_FUNCTION_LINES}",
                            "move its loops and cases into functions with names")

    def check_class_names(self, name, code):
        for found in CLASS_NAME.finditer(code):
            if VAGUE.search(NAMES_THAT_STAY.sub("", found.group(1))):
                self.report(name, code.count("\n", 0, found.start()) + 1, "vague-name", f"class {found.group(1)}",
                            "name what the class is about")

    def check_cpp(self, name, text):
        header = name.endswith(".h")
        code = strip_cpp(text)
        for pattern, rule, what, fix, exempt in BANNED:
            if any(name == place or name.startswith(place + "/") for place in exempt):
                continue
            for found in pattern.finditer(code):
                self.report(name, code.count("\n", 0, found.start()) + 1, rule, what, fix)
        if header and not re.search(r"^[ \t]*#[ \t]*pragma[ \t]+once[ \t]*$", code, re.M):
            self.report(name, 1, "pragma-once", "header without #pragma once", "make it the first line of code")
        self.check_class_names(name, code)
        self.check_length(name, cpp_functions(code))
        # Quoted paths are blanked in `code`, so the original line is read; a commented-out include stays blank there.
        for number, (line, bare) in enumerate(zip(text.split("\n"), code.split("\n")), 1):
            found = re.match(r"\s*#\s*include\s*([<\"])([^>\"]+)[>\"]", line)
            if found and re.match(r"\s*#\s*include\b", bare):
                self.check_include(name, number, found.group(1) == '"', found.group(2), header)

    def check_include(self, name, line, quoted, include, header):
        if header and include == "iostream":
            self.report(name, line, "iostream", "<iostream> in a header", "use <iosfwd>, or move the code to the .cc file")
        target = self.paths.resolve(name, include, quoted)
        if target:
            self.included.add(target)
            self.paths.check_project_include(name, line, include, target)
        else:
            self.paths.check_foreign_include(name, line, include, quoted, header)

    def check_python(self, name, text):
        try:
            functions, classes = python_functions(text, name)
        except SyntaxError as error:
            self.report(name, error.lineno or 1, "python-syntax", error.msg, "make it parse with Python 3.11")
            return
        self.check_length(name, functions)
        for line, class_name in classes:
            if VAGUE.search(NAMES_THAT_STAY.sub("", class_name)):
                self.report(name, line, "vague-name", f"class {class_name}", "name what the class is about")

    def check_dead_headers(self):
        for name in self.files:
            if name.endswith(".h") and not fnmatch(name, "include/rem/*") and name not in self.included:
                self.report(name, 1, "dead-header", "no file includes it", "delete it or use it")


def main(arguments):
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    if not (root / "layers.txt").is_file():
        print(f"lint: no layers.txt in {root}; give the root of the repository", file=sys.stderr)
        return 2
    linter = Linter(root)
    messages = linter.run()
    print("\n".join(messages + [f"lint: {len(messages)} finding(s) in {len(linter.files)} files"]))
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Makes small trees and runs tools/lint.py on them."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

CLEAN = {
    "include/rem/error.h": "#pragma once\n\n#include <string>\n",
    "src/base/check.h": "#pragma once\n",
    "src/base/check.cc": '#include "base/check.h"\n\n#include <fmt/format.h>\n',
    "src/types/cast.h": '#pragma once\n\n#include <rem/error.h>\n\n#include "base/check.h"\n',
    "src/types/cast.cc": '#include "types/cast.h"\n',
}


class Tree:
    def __init__(self, root):
        self.root = root
        self.write("layers.txt", (ROOT / "layers.txt").read_text())
        for path, text in CLEAN.items():
            self.write(path, text)

    def write(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def lint(self):
        """(exit code, findings without the closing line)."""
        done = subprocess.run([sys.executable, str(ROOT / "tools/lint.py"), str(self.root)],
                              capture_output=True, text=True, check=False)
        assert done.stderr == "", done.stderr
        lines = done.stdout.splitlines()
        assert lines[-1].startswith("lint: ")
        return done.returncode, lines[:-1]

    def expect(self, *starts):
        """Lints; the findings must be these, each given by how it starts, and the exit code must agree."""
        code, findings = self.lint()
        assert len(findings) == len(starts), findings
        for finding, start in zip(findings, sorted(starts)):
            assert finding.startswith(start), finding
            assert "; " in finding, f"no advice in: {finding}"
        assert code == (1 if starts else 0)


@pytest.fixture
def tree(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return Tree(tmp_path)

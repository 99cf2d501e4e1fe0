"""Lengths, banned words, names, marks, dead headers, machine paths."""

import pytest

CC = "src/base/check.cc"
HEADER = "src/base/check.h"


def body(lines):
    return "".join(f"  Step({i});\n" for i in range(lines))


def in_source(tree, text, path=CC):
    tree.write(path, '#include "base/check.h"\n' + text)


class TestLengths:
    def test_a_file_may_have_600_lines_and_no_more(self, tree):
        in_source(tree, "// line\n" * 599)
        tree.expect()
        in_source(tree, "// line\n" * 600)
        tree.expect(f"{CC}:1: file-length: 601 lines, limit 600")

    def test_a_long_python_file_is_found(self, tree):
        tree.write("tools/x.py", "a = 1\n" * 601)
        tree.expect("tools/x.py:1: file-length: 601 lines")

    @pytest.mark.parametrize("signature", [
        "void F() {\n",
        "std::vector<int> Row::Cells(std::map<int, std::function<void()>> m) const override {\n",
        "auto F(int a = {}) -> std::pair<int, int> {\n",
        "Row::Row(int a) : a_{a}, b_(std::move(a)) {\n",
        "Row::Row(int a)\n    : a_{a},\n      b_(std::move(a)) {\n",
        "template <class T> struct Box* F(T t) noexcept(false) {\n",
        "bool operator==(const Row& a, const Row& b) {\n",
        "const auto kStep = [](int a) {\n",
        "TEST(RowTest, DoesIt) {\n",
    ])
    def test_a_function_may_have_100_lines_and_no_more(self, tree, signature):
        rest = 99 - signature.count("\n")
        in_source(tree, signature + body(rest) + "}\n")
        tree.expect()
        in_source(tree, signature + body(rest + 1) + "}\n")
        tree.expect(f"{CC}:2: function-length: 101 lines, limit 100")

    @pytest.mark.parametrize("opening,closing", [
        ("namespace rem {\n", "}\n"),
        ('extern "C" {\n', "}\n"),
        ("class REM_EXPORT Row final : public Base<void(int)> {\n public:\n", "};\n"),
        ("template <class T>\nstruct alignas(64) Row {\n", "};\n"),
        ("enum class Code : int {\n", "};\n"),
        ("constexpr int kTable[] = {\n", "};\n"),
        ("const std::map<int, std::string> kTable = Make({\n", "});\n"),
    ])
    def test_scopes_and_data_are_no_functions(self, tree, opening, closing):
        in_source(tree, opening + "  // line\n" * 150 + closing)
        tree.expect()

    def test_a_method_is_measured_inside_its_scopes(self, tree):
        in_source(tree, "namespace rem {\nclass Row {\n public:\n  Row() : a_{1} {}\n  void F() {\n" + body(120) +
                  "  }\n  int a_ = 0;\n};\n}\n")
        tree.expect(f"{CC}:6: function-length: 122 lines")

    def test_braces_in_literals_and_comments_do_not_count(self, tree):
        in_source(tree, "void F() {\n  char c = '{';\n  auto s = \"{\";\n  auto r = R\"x({)\" {)x\"; // {\n  int n = 1'000; /* { */\n}\n"
                  "void G() {\n" + body(99) + "}\n")
        tree.expect(f"{CC}:8: function-length: 101 lines")

    def test_a_long_python_function_is_found(self, tree):
        tree.write("tools/x.py", "def f():\n" + "    g()\n" * 100)
        tree.expect("tools/x.py:1: function-length: 101 lines")


class TestBannedWords:
    @pytest.mark.parametrize("line,rule", [
        ("using namespace std;", "using-std"),
        ("std::regex r;", "std-regex"),
        ("void F() { assert(true); }", "assert"),
        ("int x = rand();", "rand"),
        ('void F() { std::printf("x"); }', "printf"),
        ('void F() { snprintf(a, 1, "x"); }', "printf"),
        ("void F() { std::cout << 1; }", "cout"),
    ])
    def test_each_is_found(self, tree, line, rule):
        in_source(tree, line + "\n")
        tree.expect(f"{CC}:2: {rule}:")

    def test_words_that_only_look_alike_are_free(self, tree):
        in_source(tree, 'using namespace std::string_literals;\nstatic_assert(true);\nint a = Operand(1), b = random.rand(), c = my_assert(1);\n// assert(x) printf(y)\n'
                  'auto s = "std::cout printf(";\n')
        tree.expect()

    def test_clients_and_tests_may_print(self, tree):
        for path in ("src/cli/main.cc", "bench/bench_kv.cc", "tests/base/check_test.cc"):
            tree.write(path, 'void F() { printf("x"); std::cout << 1; }\n')
        tree.expect()

    def test_iostream_in_a_header_is_found(self, tree):
        tree.write(HEADER, "#pragma once\n#include <iostream>\n")
        in_source(tree, "#include <iostream>\n")
        tree.expect(f"{HEADER}:2: iostream:")

    @pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME", "XX" + "X"])
    def test_marks_are_found(self, tree, word):
        in_source(tree, f"// {word}: later\n")
        tree.expect(f"{CC}:2: mark: {word} left in the code")


class TestNames:
    @pytest.mark.parametrize("name", ["StringUtils", "TestHelpers", "Common", "IndexManager", "ManagerBase"])
    def test_vague_class_names_are_found(self, tree, name):
        in_source(tree, f"class {name} {{\n}};\n")
        tree.expect(f"{CC}:2: vague-name: class {name}")

    def test_vague_file_names_are_found(self, tree):
        tree.write("src/base/string_utils.cc", "")
        tree.write("python/rem_db/common.py", "")
        tree.expect("python/rem_db/common.py:1: vague-name:", "src/base/string_utils.cc:1: vague-name:")

    def test_vague_python_classes_are_found_except_the_one_that_users_know(self, tree):
        tree.write("python/rem_db/x.py", "class SchemaManager:\n    pass\n\n\nclass ReplicationManager:\n    pass\n")
        tree.expect("python/rem_db/x.py:1: vague-name: class SchemaManager")

    def test_standard_terms_are_free(self, tree):
        in_source(tree, "struct CommonTableExpression {\n};\nclass Commonality {\n};\n")
        tree.expect()


class TestHeaders:
    def test_a_header_without_pragma_once_is_found(self, tree):
        tree.write(HEADER, "// #pragma once\n")
        tree.expect(f"{HEADER}:1: pragma-once:")

    def test_a_header_that_no_one_includes_is_found(self, tree):
        tree.write("src/base/lonely.h", "#pragma once\n")
        tree.expect("src/base/lonely.h:1: dead-header:")

    def test_public_headers_need_no_includer(self, tree):
        tree.write("include/rem/options.h", "#pragma once\n")
        tree.expect()


class TestPlaces:
    @pytest.mark.parametrize("folder", ["work", "root", "home"])
    def test_paths_of_one_machine_are_found_in_any_file(self, tree, folder):
        tree.write("docs/x.md", f"Fine: ~/{folder}/x, #/{folder}/x, a/{folder}/x\nSee `/{folder}/me`.\n")
        tree.expect(f"docs/x.md:2: machine-path: path /{folder}/")

    def test_registry_hosts_are_found(self, tree):
        tree.write("docs/x.md", "From https://pypi" + ".org/simple.\n")
        tree.expect("docs/x.md:1: registry-host:")

    def test_ignored_and_binary_files_are_left_alone(self, tree):
        tree.write(".gitignore", "build/\n")
        tree.write("build/x.cc", "using namespace std;\n")
        tree.write("tests/x.bin", "\0/ho" + "me/x")
        tree.expect()

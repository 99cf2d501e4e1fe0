"""Who may include whom."""

import pytest


def source(*includes):
    return "".join(f"#include {include}\n" for include in includes)


def header(*includes):
    return "#pragma once\n\n" + source(*includes)


def test_a_clean_tree_has_no_findings(tree):
    tree.expect()


def test_a_lower_layer_may_not_include_a_higher_one(tree):
    tree.write("src/base/check.cc", source('"types/cast.h"'))
    tree.write("src/types/cast.cc", source('"base/check.h"'))
    tree.expect("src/base/check.cc:1: layer: src/base (level 0) includes src/types/cast.h (level 1)")


def test_layers_of_one_level_may_not_include_each_other(tree):
    tree.write("src/schema/rule.h", header())
    tree.write("src/index/probe.cc", source('"schema/rule.h"'))
    tree.expect("src/index/probe.cc:1: layer: src/index (level 3) includes src/schema/rule.h (level 3)")


def test_a_folder_that_no_layer_names_is_found(tree):
    tree.write("src/misc/thing.cc", "")
    tree.expect("src/misc/thing.cc:1: layer: its folder is in no layer")


def test_folders_are_at_most_one_deep_in_a_layer(tree):
    tree.write("src/index/vector/simd/dot.cc", "")
    tree.expect("src/index/vector/simd/dot.cc:1: depth:")


def test_public_headers_include_nothing_of_src(tree):
    tree.write("include/rem/error.h", header('"base/check.h"'))
    tree.expect("include/rem/error.h:3: layer: public header includes src/base/check.h")


def test_a_public_header_that_does_not_exist_is_found(tree):
    tree.write("src/base/check.cc", source('"base/check.h"', "<rem/eror.h>"))
    tree.expect("src/base/check.cc:2: include: <rem/eror.h> does not exist")


@pytest.mark.parametrize("client", ["src/cli", "src/server", "python"])
def test_clients_include_only_the_public_api_and_their_own(tree, client):
    tree.write(f"{client}/table.h", header("<rem/error.h>"))
    own = f'"{client.removeprefix("src/")}/table.h"' if client != "python" else '"table.h"'
    tree.write(f"{client}/main.cc", source(own, '"types/cast.h"'))
    tree.expect(f"{client}/main.cc:2: layer: client {client} includes src/types/cast.h")


def test_a_layer_may_not_include_a_client(tree):
    tree.write("src/cli/table.h", header())
    tree.write("src/base/check.cc", source('"base/check.h"', '"cli/table.h"'))
    tree.expect("src/base/check.cc:2: layer: src/base includes src/cli/table.h")


def test_includes_are_paths_from_src(tree):
    tree.write("src/base/check.cc", source('"check.h"'))
    tree.expect('src/base/check.cc:1: include: "check.h" is not a path from src/; write "base/check.h"')


def test_a_missing_header_is_found(tree):
    tree.write("src/base/check.cc", source('"base/check.h"', '"base/chek.h"'))
    tree.expect('src/base/check.cc:2: include: "base/chek.h" does not exist')


def test_a_commented_include_does_not_count(tree):
    tree.write("src/base/check.cc", '#include "base/check.h"\n// #include "types/cast.h"\n/*\n#include <boost/any.hpp>\n*/\n')
    tree.expect()


class TestPasses:
    @pytest.fixture(autouse=True)
    def sql(self, tree):
        for name in ["plan/node.h", "parser/ast.h", "parser/lexer.h", "binder/binder.h", "planner/planner.h",
                     "executor/operator.h", "functions/registry.h", "pipeline.h"]:
            tree.write(f"src/sql/{name}", header())
        self.everything = [f'"sql/{name}"' for name in ["plan/node.h", "parser/ast.h", "parser/lexer.h", "binder/binder.h",
                                                        "planner/planner.h", "executor/operator.h",
                                                        "functions/registry.h", "pipeline.h"]]
        tree.write("src/sql/pipeline.cc", source(*self.everything))

    def test_the_pipeline_names_them_all(self, tree):
        tree.expect()

    def test_every_pass_may_include_the_plan(self, tree):
        for name in ["parser", "binder", "planner", "executor", "functions"]:
            tree.write(f"src/sql/{name}/x.cc", source('"sql/plan/node.h"'))
        tree.expect()

    def test_passes_may_not_include_each_other(self, tree):
        tree.write("src/sql/planner/x.cc", source('"sql/binder/binder.h"'))
        tree.write("src/sql/plan/x.cc", source('"sql/executor/operator.h"'))
        tree.write("src/sql/functions/x.cc", source('"sql/executor/operator.h"'))
        tree.expect("src/sql/planner/x.cc:1: pass: src/sql/planner includes src/sql/binder/binder.h",
                    "src/sql/plan/x.cc:1: pass: src/sql/plan includes src/sql/executor/operator.h",
                    "src/sql/functions/x.cc:1: pass: src/sql/functions includes src/sql/executor/operator.h")

    def test_the_binder_may_include_the_tree_but_not_the_lexer(self, tree):
        tree.write("src/sql/binder/x.cc", source('"sql/functions/registry.h"', '"sql/parser/ast.h"', '"sql/parser/lexer.h"'))
        tree.expect("src/sql/binder/x.cc:3: pass: src/sql/binder includes src/sql/parser/lexer.h")

    def test_the_executor_may_include_functions(self, tree):
        tree.write("src/sql/executor/x.cc", source('"sql/functions/registry.h"', '"sql/planner/planner.h"'))
        tree.expect("src/sql/executor/x.cc:2: pass: src/sql/executor includes src/sql/planner/planner.h")

    def test_no_pass_includes_the_pipeline(self, tree):
        tree.write("src/sql/executor/x.cc", source('"sql/pipeline.h"'))
        tree.expect("src/sql/executor/x.cc:1: pass: src/sql/executor includes src/sql/pipeline.h")

    def test_only_the_pipeline_includes_passes_from_outside_them(self, tree):
        tree.write("src/sql/session.cc", source('"sql/plan/node.h"', '"sql/binder/binder.h"'))
        tree.expect("src/sql/session.cc:2: pass: includes src/sql/binder/binder.h")


class TestHomes:
    def test_a_header_stays_in_its_home(self, tree):
        tree.write("src/storage/engine.cc", source("<rocksdb/db.h>", "<sodium.h>"))
        tree.write("src/types/cast.cc", source('"types/cast.h"', "<rocksdb/db.h>"))
        tree.expect("src/types/cast.cc:2: home: <rocksdb/db.h> outside src/storage")

    def test_tests_follow_their_layer(self, tree):
        tree.write("tests/storage/engine_test.cc", source("<rocksdb/db.h>", "<gtest/gtest.h>"))
        tree.write("tests/types/cast_test.cc", source("<rocksdb/db.h>"))
        tree.expect("tests/types/cast_test.cc:1: home: <rocksdb/db.h> outside src/storage")

    def test_formatting_stays_out_of_headers(self, tree):
        tree.write("src/base/check.h", header("<fmt/format.h>"))
        tree.expect("src/base/check.h:3: home: <fmt/format.h> in a header")

    def test_a_header_that_nobody_owns_is_found(self, tree):
        tree.write("src/base/check.cc", source('"base/check.h"', "<nlohmann/json.hpp>"))
        tree.expect("src/base/check.cc:2: unowned: third-party header <nlohmann/json.hpp>")

    def test_standard_and_posix_headers_are_free(self, tree):
        tree.write("src/base/check.cc", source('"base/check.h"', "<span>", "<cstdint>", "<sys/stat.h>", "<unistd.h>", "<immintrin.h>"))
        tree.expect()

    def test_a_line_of_layers_txt_that_says_nothing_is_found(self, tree):
        tree.write("layers.txt", (tree.root / "layers.txt").read_text() + "storey src/attic\n")
        code, findings = tree.lint()
        assert code == 1 and 'layers: cannot read "storey src/attic"' in findings[0]

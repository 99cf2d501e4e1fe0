import pytest

from rem_db import (
    All, And, Contains, EndsWith, Eq, Exists, Gt, Gte, In, Lt, Lte, Ne, Not, NotExists, NotIn, Or, Order, Predicate, Query,
    StartsWith)


@pytest.mark.parametrize("predicate, op", [
    (Eq, "eq"), (Ne, "ne"), (Gt, "gt"), (Gte, "gte"), (Lt, "lt"), (Lte, "lte"), (Contains, "contains"),
    (StartsWith, "starts_with"), (EndsWith, "ends_with")])
def test_comparisons_name_operation_field_and_value(predicate, op):
    assert predicate("name", "x").to_spec() == {"op": op, "field": "name", "value": "x"}


def test_memberships_take_any_iterable_but_no_text():
    assert In("n", (1, 2)).to_spec() == {"op": "in", "field": "n", "value": [1, 2]}
    assert NotIn("n", {3}).to_spec() == {"op": "not_in", "field": "n", "value": [3]}
    with pytest.raises(TypeError, match="list of values"):
        In("n", "abc")


def test_presence_has_no_value():
    assert Exists("a.b").to_spec() == {"op": "exists", "field": "a.b"}
    assert NotExists("a").to_spec() == {"op": "not_exists", "field": "a"}
    assert All().to_spec() == {"op": "all"}


def test_combinations_take_arguments_or_a_list():
    expected = {"op": "and", "predicates": [Eq("a", 1).to_spec(), Eq("b", 2).to_spec()]}
    assert And(Eq("a", 1), Eq("b", 2)).to_spec() == expected
    assert And([Eq("a", 1), Eq("b", 2)]).to_spec() == expected
    assert (Eq("a", 1) & Eq("b", 2)).to_spec() == expected
    assert (Eq("a", 1) | ~Eq("b", 2)).to_spec() == Or(Eq("a", 1), Not(Eq("b", 2))).to_spec()
    assert Not(Eq("a", 1)).to_spec() == {"op": "not", "predicate": Eq("a", 1).to_spec()}


def test_query_methods_return_the_query_and_build_the_spec():
    query = Query()
    assert query.filter(Eq("a", 1)) is query
    assert query.sort("b", Order.DESC) is query and query.sort("c") is query
    assert query.skip(2) is query and query.take(3) is query
    assert query.to_spec() == {
        "filters": [Eq("a", 1).to_spec()],
        "sort": [{"field": "b", "order": "desc"}, {"field": "c", "order": "asc"}],
        "skip": 2,
        "take": 3,
    }
    assert repr(query) == "Query().filter(Eq('a', 1)).sort('b', Order.DESC).sort('c', Order.ASC).skip(2).take(3)"


def test_an_empty_query_has_no_limit():
    assert Query().to_spec() == {"filters": [], "sort": [], "skip": 0}


def test_order_takes_its_text():
    assert Query().sort("a", "desc").to_spec()["sort"] == [{"field": "a", "order": "desc"}]
    with pytest.raises(ValueError):
        Query().sort("a", "upwards")


@pytest.mark.parametrize("call, error", [
    (lambda: Query().skip(-1), ValueError), (lambda: Query().take(-1), ValueError), (lambda: Query().take(1.5), TypeError),
    (lambda: Query().take(True), TypeError), (lambda: Query().filter("a = 1"), TypeError), (lambda: And("a"), TypeError),
    (lambda: Query().sort(""), TypeError), (lambda: Eq(3, 4).to_spec(), TypeError), (lambda: Predicate().to_spec(), TypeError)])
def test_refuses_what_makes_no_query(call, error):
    with pytest.raises(error):
        call()


def test_predicates_compare_by_content():
    assert Eq("a", 1) == Eq("a", 1)
    assert Eq("a", 1) != Ne("a", 1)
    assert repr(Or(Eq("a", 1), Exists("b"), All(), In("c", [1]), Not(All()))) == (
        "Or(Eq('a', 1), Exists('b'), All(), In('c', [1]), Not(All()))")


def test_ctrl_c_ends_the_statement_and_not_the_process(run_python):
    assert run_python("""
        import os, signal, threading
        from rem_db import Database
        with Database("db", durability="normal") as db:
            threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
            try:
                tables = ", ".join(f"d d{i}" for i in range(40))
                db.sql("WITH d(x) AS (VALUES (1), (2), (3), (4)) SELECT count(*) FROM " + tables)
            except KeyboardInterrupt:
                print("interrupted", db.sql("SELECT 1 AS one"))
    """) == "interrupted [{'one': 1}]\n"

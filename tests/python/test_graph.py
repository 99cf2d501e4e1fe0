import pytest

from rem_db import GraphEdge, GraphTraversal, TraversalPath, TraversalStrategy
from rem_db import errors, graph

# a -> b -> d -> e, a -> c -> d, d -> a (a cycle)
EDGES = [("a", "b", "knows"), ("a", "c", "likes"), ("b", "d", "knows"), ("c", "d", "knows"), ("d", "e", "likes"),
         ("d", "a", "knows")]


def neighbours(node):
    return [GraphEdge(source, target, kind) for source, target, kind in EDGES if source == node]


def ends(paths):
    return [path.entities[-1] for path in paths]


def test_bfs_gives_one_shortest_path_per_node_nearest_first():
    paths = GraphTraversal(max_depth=3).traverse("a", neighbours)
    assert ends(paths) == ["b", "c", "d", "e"]
    assert [len(path) for path in paths] == [1, 1, 2, 3]
    assert paths[3].entities == ["a", "b", "d", "e"]
    assert [edge.relationship for edge in paths[3].edges] == ["knows", "knows", "likes"]


def test_dfs_gives_all_simple_paths_and_stops_at_cycles():
    paths = GraphTraversal(max_depth=3).traverse("a", neighbours, strategy=TraversalStrategy.DFS)
    assert ["".join(path.entities) for path in paths] == ["ab", "abd", "abde", "ac", "acd", "acde"]
    assert all(path.depth == len(path) == len(path.edges) for path in paths)


def test_depth_bounds_both_strategies():
    for strategy in TraversalStrategy:
        assert set(ends(GraphTraversal(max_depth=1).traverse("a", neighbours, strategy))) == {"b", "c"}
        assert GraphTraversal(max_depth=0).traverse("a", neighbours, strategy) == []


def test_relationship_filter_and_target():
    traversal = GraphTraversal()
    assert ends(traversal.traverse("a", neighbours, relationship_filter="knows")) == ["b", "d"]
    assert ends(traversal.traverse("a", neighbours, relationship_filter=["knows", "likes"])) == ["b", "c", "d", "e"]
    assert ends(traversal.traverse("a", neighbours, target_id="d")) == ["d"]
    both = traversal.traverse("a", neighbours, strategy="dfs", target_id="d")
    assert ["".join(path.entities) for path in both] == ["abd", "acd"]


def test_shortest_path():
    traversal = GraphTraversal(max_depth=3)
    assert traversal.find_shortest_path("a", "e", neighbours).entities == ["a", "b", "d", "e"]
    assert traversal.find_shortest_path("e", "a", neighbours) is None
    assert GraphTraversal(max_depth=2).find_shortest_path("a", "e", neighbours) is None
    itself = traversal.find_shortest_path("a", "a", neighbours)
    assert itself and len(itself) == 0 and itself.entities == ["a"]


def test_all_paths_and_their_number():
    traversal = GraphTraversal(max_depth=3)
    paths = traversal.find_all_paths("a", "e", neighbours)
    assert ["".join(path.entities) for path in paths] == ["abde", "acde"]
    assert traversal.count_paths("a", "e", neighbours) == 2
    assert traversal.count_paths("e", "a", neighbours) == 0


def test_neighbours_at_an_exact_depth():
    traversal = GraphTraversal()
    assert traversal.find_neighbors_at_depth("a", 0, neighbours) == {"a"}
    assert traversal.find_neighbors_at_depth("a", 1, neighbours) == {"b", "c"}
    assert traversal.find_neighbors_at_depth("a", 2, neighbours) == {"d"}
    assert traversal.find_neighbors_at_depth("a", 3, neighbours) == {"e"}
    assert traversal.find_neighbors_at_depth("a", 9, neighbours) == set()


@pytest.mark.parametrize("item", ["b", ("b", "knows"), ("b", GraphEdge("a", "b", "knows")), GraphEdge("b", "a", "knows")])
def test_neighbours_come_in_several_forms(item):
    paths = GraphTraversal().traverse("a", lambda node: [item] if node == "a" else None)
    assert ends(paths) == ["b"]
    assert isinstance(paths[0].edges[0], GraphEdge)


def test_a_long_chain_needs_no_recursion():
    paths = GraphTraversal(max_depth=5000).traverse(0, lambda n: [n + 1] if n < 5000 else [], "dfs", target_id=5000)
    assert len(paths) == 1 and len(paths[0]) == 5000


def test_refuses_too_many_paths_and_bad_depths(monkeypatch):
    monkeypatch.setattr(graph, "MAX_PATHS", 5)
    with pytest.raises(errors.LimitExceeded, match="More than 5 paths"):
        GraphTraversal(max_depth=3).traverse(0, lambda n: range(n * 10 + 1, n * 10 + 10), "dfs")
    with pytest.raises(ValueError):
        GraphTraversal(max_depth=-1)
    with pytest.raises(ValueError):
        GraphTraversal().find_neighbors_at_depth("a", -1, neighbours)


def test_agrees_with_plain_search_on_random_graphs():
    import itertools
    import random

    for seed in range(20):
        random.seed(seed)
        nodes = range(6)
        edges = {(a, b) for a in nodes for b in nodes if a != b and random.random() < 0.3}
        step = lambda node: [b for a, b in sorted(edges) if a == node]  # noqa: E731
        simple = {order[:n] for n in range(2, 6) for order in itertools.permutations(nodes, n)
                  if order[0] == 0 and all(pair in edges for pair in zip(order, order[1:]))}
        found = GraphTraversal(max_depth=4).traverse(0, step, "dfs")
        assert {tuple(path.entities) for path in found} == simple, f"seed {seed}"
        assert len(found) == len(simple), f"seed {seed}"
        for path in GraphTraversal(max_depth=4).traverse(0, step):
            assert len(path) == min(len(p) - 1 for p in simple if p[-1] == path.entities[-1]), f"seed {seed}"


def test_path_is_what_it_says():
    path = TraversalPath(entities=["a", "b"], edges=[GraphEdge("a", "b", "knows", {"since": 2020})], depth=1)
    assert len(path) == 1 and path.edges[0].metadata == {"since": 2020}

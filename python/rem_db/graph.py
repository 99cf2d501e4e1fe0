"""Walks a graph that the caller describes by a function, without a database.

The function takes a node and returns its neighbours, each as a `GraphEdge`, a `(neighbour, GraphEdge)` pair, a
`(neighbour, relationship)` pair or just the neighbour. Nodes are anything hashable: UUIDs, texts, numbers.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from .errors import LimitExceeded

MAX_PATHS = 1_000_000
"""Most paths that one call returns: their number grows exponentially with the depth."""


class TraversalStrategy(str, Enum):
    """Order in which `GraphTraversal.traverse` meets nodes."""

    BFS = "bfs"
    DFS = "dfs"


@dataclass
class GraphEdge:
    """A directed edge."""

    from_id: Any
    to_id: Any
    relationship: str = ""
    metadata: dict = field(default_factory=dict)


@dataclass
class TraversalPath:
    """`depth` edges and the `depth + 1` nodes that they connect, from the start on. `len(path)` is its depth."""

    entities: list = field(default_factory=list)
    edges: list = field(default_factory=list)
    depth: int = 0

    def __len__(self):
        return self.depth

    def __bool__(self):
        return True  # A path of depth 0 is a path: the start reached itself.


class GraphTraversal:
    """Breadth-first and depth-first walks of at most `max_depth` edges.

    Raises ValueError for a negative depth and LimitExceeded for more than MAX_PATHS paths.
    """

    def __init__(self, max_depth=3):
        if isinstance(max_depth, bool) or not isinstance(max_depth, int) or max_depth < 0:
            raise ValueError(f"max_depth must be an int of at least 0, not {max_depth!r}")
        self.max_depth = max_depth

    def traverse(self, start, get_neighbors, strategy=TraversalStrategy.BFS, relationship_filter=None, target_id=None):
        """Returns the paths that start at `start`, which itself is left out.

        BFS gives one shortest path for each reached node, nearest first. DFS gives all simple paths. Cycles stop.
        `relationship_filter` (a text or several) restricts the edges; with `target_id` only paths that end there are
        returned.
        """
        wanted = _relationships(relationship_filter)
        if TraversalStrategy(strategy) is TraversalStrategy.BFS:
            paths = self._shortest_paths(start, get_neighbors, wanted, target_id)
        else:
            paths = self._simple_paths(start, get_neighbors, wanted, target_id)
        return _limited(path for path in paths if target_id is None or path.entities[-1] == target_id)

    def find_shortest_path(self, start, end, get_neighbors, relationship_filter=None):
        """Returns a path with the fewest edges from `start` to `end`, or None within `max_depth`."""
        if start == end:
            return TraversalPath([start], [], 0)
        paths = self._shortest_paths(start, get_neighbors, _relationships(relationship_filter), end)
        return next((path for path in paths if path.entities[-1] == end), None)

    def find_all_paths(self, start, end, get_neighbors, relationship_filter=None):
        """Returns all simple paths from `start` to `end`, in depth-first order."""
        return _limited(self._paths_between(start, end, get_neighbors, relationship_filter))

    def count_paths(self, start, end, get_neighbors, relationship_filter=None):
        """Returns the number of simple paths from `start` to `end`, without keeping them."""
        return sum(1 for _ in self._paths_between(start, end, get_neighbors, relationship_filter))

    def find_neighbors_at_depth(self, start, depth, get_neighbors, relationship_filter=None):
        """Returns the set of nodes whose shortest path from `start` has exactly `depth` edges.

        `depth` is not bounded by `max_depth`.
        """
        if depth < 0:
            raise ValueError(f"depth must not be negative: {depth}")
        wanted = _relationships(relationship_filter)
        level, seen = {start}, {start}
        for _ in range(depth):
            level = {node for origin in level for node, _ in _steps(origin, get_neighbors, wanted)} - seen
            seen |= level
        return level

    def _paths_between(self, start, end, get_neighbors, relationship_filter):
        if start == end:
            yield TraversalPath([start], [], 0)
            return
        for path in self._simple_paths(start, get_neighbors, _relationships(relationship_filter), end):
            if path.entities[-1] == end:
                yield path

    def _shortest_paths(self, start, get_neighbors, wanted, target):
        seen = {start}
        queue = deque([TraversalPath([start], [], 0)])
        while queue:
            path = queue.popleft()
            if path.depth == self.max_depth:
                continue
            for node, edge in _steps(path.entities[-1], get_neighbors, wanted):
                if node in seen:
                    continue
                seen.add(node)
                longer = TraversalPath(path.entities + [node], path.edges + [edge], path.depth + 1)
                yield longer
                if target is not None and node == target:
                    return
                queue.append(longer)

    def _simple_paths(self, start, get_neighbors, wanted, target):
        # An explicit stack of neighbour iterators: a deep walk must not meet Python's recursion limit.
        entities, edges = [start], []
        on_path = {start}
        stack = [iter(_steps(start, get_neighbors, wanted) if self.max_depth else ())]
        while stack:
            step = next(stack[-1], None)
            if step is None:
                stack.pop()
                on_path.discard(entities.pop())
                if edges:
                    edges.pop()
                continue
            node, edge = step
            if node in on_path:
                continue
            yield TraversalPath(entities + [node], edges + [edge], len(entities))
            # A simple path to the target cannot pass through it, and one more edge would be too deep.
            if len(entities) == self.max_depth or (target is not None and node == target):
                continue
            entities.append(node)
            edges.append(edge)
            on_path.add(node)
            stack.append(iter(_steps(node, get_neighbors, wanted)))


def _relationships(relationship_filter):
    if relationship_filter is None:
        return None
    return {relationship_filter} if isinstance(relationship_filter, str) else set(relationship_filter)


def _steps(node, get_neighbors, wanted):
    """Yields (neighbour, GraphEdge) for what `get_neighbors` returned."""
    for item in get_neighbors(node) or ():
        if isinstance(item, GraphEdge):
            # An incoming edge names this node as its end; the neighbour is the other one.
            neighbour, edge = (item.from_id if item.to_id == node and item.from_id != node else item.to_id), item
        elif isinstance(item, tuple) and len(item) == 2 and isinstance(item[1], GraphEdge):
            neighbour, edge = item
        elif isinstance(item, tuple) and len(item) == 2 and isinstance(item[1], str):
            neighbour, edge = item[0], GraphEdge(node, item[0], item[1])
        else:
            neighbour, edge = item, GraphEdge(node, item)
        if wanted is None or edge.relationship in wanted:
            yield neighbour, edge


def _limited(paths):
    kept = []
    for path in paths:
        if len(kept) == MAX_PATHS:
            raise LimitExceeded(f"More than {MAX_PATHS} paths", "", "lower max_depth, or name a target_id")
        kept.append(path)
    return kept

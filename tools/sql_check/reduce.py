"""Makes a failing query shorter: drops optional parts, puts a part of an expression in the whole's place."""

from expressions import Node
from queries import Optional
from tables import VALUES, literal_text

MAX_TRIES = 400


def places(node):
    """(parent, index) of every node below, larger parts first."""
    found = [(node, i) for i, part in enumerate(node.parts) if isinstance(part, Node)]
    for part in node.children():
        found += places(part)
    return found


def descendants(node, kind):
    for child in node.children():
        if child.kind == kind:
            yield child
        yield from descendants(child, kind)


def candidates(node):
    """What could stand in the place of `node`, the shortest first."""
    if isinstance(node, Optional):
        yield Node("empty")
    if node.kind in VALUES:
        for leaf in (literal_text(node.kind, VALUES[node.kind][1]), f"NULL::{node.kind}"):
            if len(leaf) < len(str(node)):
                yield Node(node.kind, leaf)
    yield from sorted(descendants(node, node.kind), key=lambda child: len(str(child)))


def reduce(tree, still_fails):
    """Changes `tree` into a shorter one for which `still_fails(tree)` holds, as far as it finds one."""
    tries = 0
    again = True
    while again and tries < MAX_TRIES:
        again = False
        for parent, index in sorted(places(tree), key=lambda place: -len(str(place[0].parts[place[1]]))):
            if index >= len(parent.parts) or not isinstance(parent.parts[index], Node):
                continue
            original = parent.parts[index]
            for candidate in candidates(original):
                parent.parts[index] = candidate
                tries += 1
                if tries < MAX_TRIES and len(str(candidate)) < len(str(original)) and still_fails(tree):
                    again = True
                    break
                parent.parts[index] = original
            if again:
                break
    return tree

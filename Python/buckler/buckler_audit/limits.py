# SPDX-License-Identifier: Apache-2.0
"""Numbers that are named as limits, and limit nothing."""
import ast

WORDS = {"max", "maximum", "limit"}
#: By these a name may be looked up that stands nowhere.
BY_NAME = {"globals", "locals", "vars", "getattr", "__dict__"}


class Limits:
    """Constants of a source, and attributes that its classes give themselves."""

    def __init__(self, tree):
        self.constants, self.attributes = {}, {}
        self.read_names, self.read_attributes, self.texts = set(), set(), set()
        self.lengths_against = set()
        self.walk(tree)

    def walk(self, tree):
        for statement in tree.body:
            if isinstance(statement, (ast.Assign, ast.AnnAssign)):
                for name in assigned(statement, ast.Name):
                    # What is written small may be a setting that somebody else reads.
                    if name.id.isupper():
                        self.note(self.constants, name.id, statement)
        stack = [(tree, False)]
        while stack:
            node, is_plain = stack.pop()
            if isinstance(node, ast.ClassDef):
                # The attributes of a class with bases may be there for these.
                is_plain = not node.bases and not node.decorator_list
            elif isinstance(node, (ast.Assign, ast.AnnAssign)) and is_plain:
                for target in assigned(node, ast.Attribute):
                    if name_of(target.value) == "self":
                        self.note(self.attributes, target.attr, node)
            self.reading(node)
            stack.extend((child, is_plain) for child in ast.iter_child_nodes(node))

    def note(self, known, name, statement):
        value = statement.value
        is_number = not isinstance(value, ast.Constant) or type(value.value) in (int, float)
        if value is not None and is_number and WORDS & set(name.lower().split("_")):
            known.setdefault(name, statement)

    def reading(self, node):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
            self.read_names.add(node.id)
        elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Store):
            self.read_attributes.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            self.texts.add(node.value)
        elif isinstance(node, ast.Compare) and len(node.ops) == 1:
            sides = (node.left, node.comparators[0])
            for side, other in (sides, sides[::-1]):
                if isinstance(other, ast.Call) and isinstance(other.func, ast.Name) and other.func.id == "len":
                    self.lengths_against.add(name_of(side))

    def idle(self):
        """Pairs of a name and the statement that sets it: of those that nothing reads."""
        if BY_NAME & self.read_names or BY_NAME & self.read_attributes:
            return
        for name, statement in self.constants.items():
            # A text may be one of `__all__`.
            if not any(name in known for known in (self.read_names, self.read_attributes, self.texts)):
                yield name, statement
        for name, statement in self.attributes.items():
            if name not in self.read_attributes:
                yield name, statement

    def zeros(self):
        """The same of those that are 0, where lengths are compared with them."""
        for name, statement in [*self.constants.items(), *self.attributes.items()]:
            value = statement.value
            if isinstance(value, ast.Constant) and value.value == 0 and name in self.lengths_against:
                yield name, statement


def assigned(statement, kind):
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return [target for target in targets if isinstance(target, kind)]


def name_of(node):
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""

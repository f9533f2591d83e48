# SPDX-License-Identifier: Apache-2.0
"""Which of the answers that refuse a caller each function and class of a source gives, itself or by what it calls."""
import ast
import re

from .guards import REFUSING, is_written, last_name
from .limits import name_of

TOO_LARGE, TOO_MANY = 413, 429
WATCHED = {*REFUSING, TOO_LARGE, TOO_MANY}
#: Of `http.HTTPStatus`.
NAMED = {
    "UNAUTHORIZED": 401, "FORBIDDEN": 403, "REQUEST_ENTITY_TOO_LARGE": TOO_LARGE, "CONTENT_TOO_LARGE": TOO_LARGE,
    "TOO_MANY_REQUESTS": TOO_MANY, "HTTPUnauthorized": 401, "HTTPForbidden": 403, "HTTPTooManyRequests": TOO_MANY,
}
NUMBERED = re.compile(r"HTTP_(4\d\d)_")
#: Where a middleware begins. Of a class that has neither, all methods count.
ENTRIES = ("dispatch", "__call__")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Answers:
    """Of what stands at the top of a source; a method's key is its class and its name, a function's "" and its name."""

    def __init__(self, tree, spend):
        self.spend = spend
        self.nodes, self.classes, self.numbers, self.constants = {}, {}, {}, set()
        for statement in tree.body:
            self.define(statement)
        self.own, self.silent, self.inherited, callers = {}, {}, {}, {}
        for key, node in self.nodes.items():
            self.own[key], called = self.scan([node], key[0])
            for other in called:
                callers.setdefault(other, []).append(key)
        self.spread(callers)

    def define(self, statement):
        if isinstance(statement, FUNCTIONS):
            self.nodes["", statement.name] = statement
        elif isinstance(statement, ast.ClassDef):
            self.classes[statement.name] = statement
            plain = [item for item in statement.body if not isinstance(item, FUNCTIONS)]
            # What a class says of itself, as `status_code = 401` of an exception.
            self.nodes[statement.name, ""] = ast.Module(body=plain, type_ignores=[])
            for item in statement.body:
                if isinstance(item, FUNCTIONS):
                    self.nodes[statement.name, item.name] = item
        elif isinstance(statement, ast.Assign) and is_written(statement.value):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    self.constants.add(target.id)
                    self.numbers[target.id] = getattr(statement.value, "value", None)

    def spread(self, callers):
        """Whoever calls what gives an answer gives it too."""
        for status in WATCHED:
            stack = [key for key, own in self.own.items() if status in own]
            while stack:
                for caller in callers.get(stack.pop(), ()):
                    self.spend()
                    if status not in self.own[caller]:
                        self.own[caller].add(status)
                        stack.append(caller)

    def scan(self, nodes, owner):
        """Answers of these nodes by themselves, and keys of what they call."""
        found, called, stack = set(), set(), [(node, True) for node in nodes]
        while stack:
            node, counts = stack.pop()
            self.spend()
            if counts:
                found |= {self.status(node)} & WATCHED
            if isinstance(node, ast.Call):
                called.update(self.called(node, owner))
            # What an answer of somebody else is compared with is none.
            counts = counts and not isinstance(node, (ast.Compare, ast.List, ast.Set, ast.Subscript))
            stack.extend((child, counts) for child in ast.iter_child_nodes(node))
        return found, called

    def status(self, node):
        if isinstance(node, ast.Constant):
            return node.value if type(node.value) is int else None
        if isinstance(node, ast.Name):
            number = self.numbers.get(node.id)
            numbered = NUMBERED.match(node.id)
            return int(numbered[1]) if numbered else number if type(number) is int else NAMED.get(node.id)
        if isinstance(node, ast.Attribute):
            numbered = NUMBERED.match(node.attr)
            return int(numbered[1]) if numbered else NAMED.get(node.attr)
        return None

    def called(self, call, owner):
        if isinstance(call.func, ast.Name):
            name = call.func.id
            keys = [(name, ""), (name, "__init__")] if name in self.classes else [("", name)]
        elif isinstance(call.func, ast.Attribute) and last_name(call.func.value) in ("self", "cls"):
            keys = [self.method(owner, call.func.attr)]
        else:
            return []
        return [key for key in keys if key in self.nodes]

    def method(self, owner, name):
        """Of a class or the first of those that it is made from."""
        seen = []
        while owner in self.classes and (owner, name) not in self.nodes and (owner, name) not in self.inherited:
            self.spend()
            seen.append((owner, name))
            # None as long as it is looked for: a class may be made from itself.
            self.inherited[owner, name] = None
            owner = next((name_of(base) for base in self.classes[owner].bases), "")
        found = (owner, name) if (owner, name) in self.nodes else self.inherited.get((owner, name))
        for key in seen:
            self.inherited[key] = found
        return found

    def given(self, statements, owner):
        """Answers of statements, with those of what they call."""
        found, called = self.scan(statements, owner)
        return found.union(*(self.own[key] for key in called))

    def all(self):
        """Of functions and classes: the name, where it is, and its answers."""
        for (owner, name), node in self.nodes.items():
            if not owner and self.own["", name]:
                yield name, node, sorted(self.own["", name])
        for name, node in self.classes.items():
            found = self.of_class(name, node)
            if found:
                yield name, node, sorted(found)

    def of_class(self, name, node):
        entries = [self.method(name, entry) for entry in ENTRIES]
        keys = [entry for entry in entries if entry is not None]
        if not keys:
            keys = [(name, item.name) for item in node.body if isinstance(item, FUNCTIONS)]
        return set().union(*(self.own[key] for key in keys))

    def never_says_yes(self, test, owner):
        """The name of a function of this source that a condition calls, if it returns nothing, whatever it finds."""
        call = test.value if isinstance(test, ast.Await) else test
        keys = self.called(call, owner) if isinstance(call, ast.Call) else []
        if len(keys) != 1:
            return None
        if keys[0] not in self.silent:
            self.silent[keys[0]] = self.is_silent(*keys[0])
        return keys[0][1] if self.silent[keys[0]] else None

    def is_silent(self, owner, name):
        """Whether a function returns nothing, and does not refuse by an exception of its own."""
        node = self.nodes[owner, name]
        if not isinstance(node, FUNCTIONS) or node.decorator_list or self.is_stub(node):
            return False
        stack = list(node.body)
        while stack:
            inner = stack.pop()
            self.spend()
            if isinstance(inner, (ast.Raise, ast.Yield, ast.YieldFrom)) or (
                isinstance(inner, ast.Return) and inner.value is not None
            ):
                return False
            if not isinstance(inner, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
                stack.extend(ast.iter_child_nodes(inner))
        return not self.is_overridden(owner, name)

    def is_stub(self, node):
        """Whether there is nothing in it, for others to fill in."""
        return all(
            isinstance(statement, ast.Pass)
            or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
            for statement in node.body
        )

    def is_overridden(self, owner, name):
        return bool(owner) and any(
            (other, name) in self.nodes and any(name_of(base) == owner for base in node.bases)
            for other, node in self.classes.items()
        )


def is_attached(node):
    """Whether a decorator makes it a middleware, as `@app.middleware("http")` does."""
    return any(isinstance(each, ast.Call) and last_name(each.func) == "middleware" for each in node.decorator_list)

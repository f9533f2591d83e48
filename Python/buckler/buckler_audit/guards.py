# SPDX-License-Identifier: Apache-2.0
"""What stands before a service, and whether it stands the right way round."""
import ast
import re

from .limits import name_of

#: What is true of those who may come in.
ADMITTING = re.compile(
    r"^(is|has|was|are)?_?(known|valid|authenti|authori|allowed|permitted|trusted|verif|compare_digest"
    r"|check_(key|token))"
)
KEYS = re.compile(r"^(valid|known|allowed|api|trusted)?_?(key|token|secret|client|user)s?$", re.I)
REFUSING = {401, 403}


def is_inverted(test, body):
    """Whether those are refused of whom the condition says that they may come in."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.In):
        subject = last_name(test.comparators[0])
        return bool(KEYS.match(subject)) and refuses(body)
    return isinstance(test, ast.Call) and bool(ADMITTING.match(last_name(test.func).lower())) and refuses(body)


def last_name(node):
    """Of a name or attribute, without underscores before it."""
    return name_of(node).lstrip("_")


def refuses(body):
    """Whether one of the statements answers 401 or 403. What stands in blocks of its own is for their conditions."""
    for statement in body:
        if not isinstance(statement, (ast.Expr, ast.Assign, ast.Return, ast.Raise)):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Constant) and type(node.value) is int and node.value in REFUSING:
                return True
            if isinstance(node, ast.Attribute) and re.match(r"HTTP_40[13]_", node.attr):
                return True
    return False


class ScopeGuard:
    """Refusals of an ASGI application, `__call__(self, scope, receive, send)`, by what kind of request there is."""

    def __init__(self, node, spend):
        self.node = node
        self.spend = spend
        self.named = set()

    def leaves_out_http(self):
        """Whether it refuses some of another kind, and none of HTTP."""
        others = any(self.refuses(self.node.body, kind) for kind in ("websocket", "lifespan"))
        # Who names websockets alone means them alone.
        return others and not self.refuses(self.node.body, "http") and self.named != {"websocket"}

    def refuses(self, body, kind):
        for statement in body:
            self.spend()
            if isinstance(statement, ast.If):
                if self.refuses_by(statement, kind):
                    return True
                holds = self.holds(statement.test, kind)
                taken = statement.body if holds else statement.orelse if holds is False else []
                if ends(taken):
                    return False
            elif isinstance(statement, (ast.Return, ast.Raise)):
                return False
            else:
                parts = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
                parts += [handler.body for handler in getattr(statement, "handlers", [])]
                if any(self.refuses(part, kind) for part in parts):
                    return True
        return False

    def refuses_by(self, statement, kind):
        holds = self.holds(statement.test, kind)
        if holds is not None:
            return self.refuses(statement.body if holds else statement.orelse, kind)
        hands_on = [self.hands_on(part) for part in (statement.body, statement.orelse)]
        if hands_on[0] != hands_on[1] and not ends(statement.body):
            return True
        if any(ends(part) and not hands for part, hands in zip((statement.body, statement.orelse), hands_on)):
            return True
        return self.refuses(statement.body, kind) or self.refuses(statement.orelse, kind)

    def holds(self, test, kind):
        """Whether a condition about `scope["type"]` holds; None if it is about anything else."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inner = self.holds(test.operand, kind)
            return None if inner is None else not inner
        if isinstance(test, ast.BoolOp):
            parts = [self.holds(part, kind) for part in test.values]
            decisive = isinstance(test.op, ast.Or)
            if decisive in parts:
                return decisive
            return None if None in parts else not decisive
        if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and is_type_of_scope(test.left)):
            return None
        kinds = constants(test.comparators[0])
        if kinds is None:
            return None
        self.named |= kinds
        if isinstance(test.ops[0], (ast.Eq, ast.In)):
            return kind in kinds
        return kind not in kinds if isinstance(test.ops[0], (ast.NotEq, ast.NotIn)) else None

    def hands_on(self, body):
        for statement in body:
            for node in ast.walk(statement):
                self.spend()
                if isinstance(node, ast.Call) and last_name(node.func) == "app":
                    return True
        return False


def ends(body):
    return bool(body) and isinstance(body[-1], (ast.Return, ast.Raise))


def is_type_of_scope(node):
    """`scope["type"]` or `scope.get("type")`."""
    if isinstance(node, ast.Subscript):
        owner, key = node.value, node.slice
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        owner, key = node.func.value, node.args[0]
    else:
        return False
    return isinstance(owner, ast.Name) and owner.id == "scope" and isinstance(key, ast.Constant) and key.value == "type"


def constants(node):
    items = node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else [node]
    if not all(isinstance(item, ast.Constant) and isinstance(item.value, str) for item in items):
        return None
    return {item.value for item in items}


def is_written(node):
    """Whether the source says all of a value: a text or number that is not empty, or several."""
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return bool(node.elts) and all(isinstance(item, ast.Constant) for item in node.elts)
    if isinstance(node, ast.Call) and last_name(node.func) in ("frozenset", "set", "tuple", "list") and node.args:
        return is_written(node.args[0])
    return isinstance(node, ast.Constant) and node.value is not None and node.value != ""

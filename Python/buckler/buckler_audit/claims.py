# SPDX-License-Identifier: Apache-2.0
"""What a middleware knows of a request because whoever sends it says so."""
import ast
from collections import namedtuple

from .guards import last_name

#: kind is "request", "scope" or "url" for what holds claims and other things; "bag" for several claims of a kind;
#: "claim" for one; "where" for what is asked for, which any guard may go by. what is "header", "query", "cookie",
#: "address" or "host"; name that of the one header, if the source says it.
Said = namedtuple("Said", "kind what name", defaults=("", ""))

OF_REQUEST = {
    "headers": Said("bag", "header"), "query_params": Said("bag", "query"), "args": Said("bag", "query"),
    "cookies": Said("bag", "cookie"), "client": Said("bag", "address"), "url": Said("url"), "scope": Said("scope"),
    "method": Said("where"), "path": Said("where"), "path_params": Said("where"),
}
OF_URL = {
    "hostname": Said("claim", "host"), "netloc": Said("claim", "host"), "query": Said("claim", "query"),
    "path": Said("where"), "scheme": Said("where"),
}
OF_SCOPE = {
    "headers": Said("bag", "header"), "client": Said("bag", "address"), "query_string": Said("claim", "query"),
    "path": Said("where"), "raw_path": Said("where"), "root_path": Said("where"), "method": Said("where"),
    "type": Said("where"),
}
MEMBERS = {"request": OF_REQUEST, "url": OF_URL, "scope": OF_SCOPE}
#: Methods that give back the same claim in other words.
SAME = {"lower", "upper", "casefold", "strip", "lstrip", "rstrip", "decode", "encode", "removeprefix", "removesuffix"}
#: Functions that do, or that hold the same claims in another way.
WRAPPING = {"str", "int", "bool", "bytes", "dict", "Headers", "MutableHeaders", "QueryParams", "parse_qs", "URL"}
NESTED = 50


class Claims:
    """Of one function, by the names that it gives to what it reads."""

    def __init__(self, node, subject, spend):
        self.subject = subject
        self.spend = spend
        self.assigned, self.known = {}, {}
        for statement in ast.walk(node):
            spend()
            if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                self.note(statement.targets[0], statement.value)
            elif isinstance(statement, (ast.AnnAssign, ast.NamedExpr)):
                self.note(statement.target, statement.value)
            elif isinstance(statement, (ast.AugAssign, ast.For, ast.AsyncFor)):
                self.note(statement.target, None)

    def note(self, target, value):
        if isinstance(target, ast.Name):
            # What a name stands for that is given twice cannot be told.
            self.assigned[target.id] = None if target.id in self.assigned else value

    def said(self, node, level=0):
        """What an expression is of a request; None for anything else."""
        # Looked at once only: names that are made of names twice would take twice as long with each.
        if id(node) not in self.known:
            self.spend()
            self.known[id(node)] = self.found(node, level) if level <= NESTED else None
        return self.known[id(node)]

    def found(self, node, level):
        if isinstance(node, ast.Name):
            if node.id == self.subject:
                return Said("scope" if node.id == "scope" else "request")
            value = self.assigned.get(node.id)
            return self.said(value, level + 1) if value is not None else None
        if isinstance(node, ast.Attribute):
            return self.member(self.said(node.value, level + 1), node.attr)
        if isinstance(node, ast.Subscript):
            return self.item(self.said(node.value, level + 1), node.slice)
        if isinstance(node, ast.Call):
            return self.call(node, level + 1)
        if isinstance(node, (ast.Await, ast.NamedExpr)):
            return self.said(node.value, level + 1)
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            return self.said(node.values[0], level + 1)
        return self.said(node.body, level + 1) if isinstance(node, ast.IfExp) else None

    def member(self, base, attribute):
        if base is None:
            return None
        if base.kind == "bag" and base.what == "address":
            return Said("claim", "address")
        return MEMBERS.get(base.kind, {}).get(attribute)

    def item(self, base, index):
        name = index.value if isinstance(index, ast.Constant) else ""
        name = name.decode("latin-1") if isinstance(name, bytes) else name if isinstance(name, str) else ""
        if base is None:
            return None
        if base.kind == "bag":
            return Said("claim", base.what, name)
        if base.kind == "scope":
            return OF_SCOPE.get(name)
        return base if base.kind == "claim" else None

    def call(self, node, level):
        if isinstance(node.func, ast.Attribute):
            base = self.said(node.func.value, level)
            if base is not None and node.func.attr in ("get", "getlist") and node.args:
                return self.item(base, node.args[0])
            if base is not None and node.func.attr in SAME and base.kind in ("claim", "where"):
                return base
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if not given:
            return None
        if last_name(node.func) in ("Request", "HTTPConnection"):
            inner = self.said(given[0], level)
            return Said("request") if inner is not None and inner.kind == "scope" else None
        if last_name(node.func) in WRAPPING:
            inner = self.said(given[0], level)
            is_whole = inner is not None and inner.kind == "scope" and last_name(node.func).endswith("Headers")
            return OF_SCOPE["headers"] if is_whole else inner
        return None

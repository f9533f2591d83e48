# SPDX-License-Identifier: Apache-2.0
"""Functions and classes: who calls them, with what, and what becomes of it."""
import ast

from .conditions import Conditions
from .guards import ScopeGuard
from .handlers import CONTEXT, is_context, is_narrow, kind_of, names_in
from .values import Value


class Function:
    def __init__(self, node, name, owner, outer):
        self.node = node
        self.name = name
        self.owner = owner
        self.outer = outer


class Owner:
    """A class: what its `self` is known to have."""

    def __init__(self, name, bases):
        self.name = name
        self.bases = bases
        self.attributes = {}
        self.methods = {}


class Context:
    """The function that is gone through; for one that is followed into, that of its caller."""

    def __init__(self, name="", kind="", attributes=None):
        self.name = self.function = name
        self.kind = kind
        self.attributes = attributes
        self.checked, self.sized, self.used = set(), set(), {}
        self.verified = False
        self.not_empty = set()
        self.depth = 0
        self.result = None


class Functions(Conditions):
    def enter(self, function):
        node = function.node
        decorators = [self.value(decorator) for decorator in node.decorator_list]
        arguments = all_arguments(node.args)
        parameters = [argument.arg for argument, _ in arguments]
        owner = function.owner
        kind = kind_of(decorators, node.name, owner.name if owner else "", owner.bases if owner else [], parameters)
        kept, self.context = self.context, Context(function.name, kind, owner.attributes if owner else None)
        described = []
        for position, (argument, default) in enumerate(arguments):
            names = names_in(argument.annotation, self.resolve)
            value = Value(argument.arg)
            given = self.value(default) if default is not None else None
            if is_context(argument.arg, names, kind):
                value = Value(CONTEXT)
            elif not (position == 0 and owner is not None) and not is_narrow(names, given, kind):
                value.taint = value.origin = frozenset([argument.arg])
                described.append((argument, names))
            elif not (position == 0 and owner is not None):
                value.origin = frozenset([argument.arg])
            self.env[argument.arg] = value
        self.block(node.body)
        context, self.context = self.context, kept
        if kind == "asgi" and ScopeGuard(node, self.spend).leaves_out_http():
            self.facts.add("guards", Name(node), {"n": "no-http", "f": function.name})
        if kind:
            self.handler(node, function, kind, decorators, described, context)

    def handler(self, node, function, kind, decorators, described, context):
        out = []
        for argument, names in described:
            name = argument.arg
            fact = {"n": name, "y": [text[:200] for text in names]}
            fact.update(k=name in context.checked, z=name in context.sized)
            if name in context.used:
                fact["u"] = context.used[name]
            out.append(fact)
        fact = {"n": node.name, "f": function.name, "h": kind, "p": out[:64]}
        self.facts.add("handlers", Name(node), {"d": [value.json() for value in decorators[:16]], **fact})

    def run_function(self, function, arguments):
        node = function.node
        kept = (self.env, self.outer, self.context.function, self.context.attributes, self.context.result)
        self.context.depth, self.context.result = 1, None
        self.context.function = function.name
        self.context.attributes = function.owner.attributes if function.owner else None
        self.env, self.outer = {}, function.outer or self.outer
        named = all_arguments(node.args)
        first = 1 if function.owner is not None else 0
        for index, (argument, _) in enumerate(named):
            self.env[argument.arg] = Value(argument.arg)
            for position, (keyword, value) in enumerate(arguments):
                if keyword == argument.arg or (keyword is None and position == index - first):
                    self.env[argument.arg] = value
        self.block(node.body)
        result = self.context.result or Value()
        self.context.depth = 0
        self.env, self.outer, self.context.function, self.context.attributes, self.context.result = kept
        return result

    def do_FunctionDef(self, node):
        owner = self.owner if self.owner_env is self.env else None
        around = owner.name if owner else self.context.name
        outer = [self.env, *self.outer] if self.context.name and not owner else list(self.outer)
        function = Function(node, f"{around}.{node.name}" if around else node.name, owner, outer)
        value = Value(node.name)
        value.function = function
        if owner:
            owner.methods[node.name] = owner.attributes[node.name] = value
        if node.name == "__init__" and owner:
            self.queue.insert(0, function)
        else:
            self.queue.append(function)
        self.env[node.name] = value

    do_AsyncFunctionDef = do_FunctionDef

    owner, owner_env = None, None

    def do_ClassDef(self, node):
        bases = [self.value(base) for base in node.bases]
        decorators = [self.value(decorator) for decorator in node.decorator_list]
        for keyword in node.keywords:
            value = self.value(keyword.value)
            if keyword.arg == "extra":
                self.setting(keyword.value, node.name + ".extra", value)
        owner = Owner(node.name, [base.name or "" for base in bases])
        kept = self.owner, self.owner_env, self.env, self.outer
        self.outer = [self.env, *self.outer]
        self.env = {}
        self.owner, self.owner_env = owner, self.env
        self.block(node.body)
        for name, value in self.env.items():
            owner.attributes.setdefault(name, value)
        self.owner, self.owner_env, self.env, self.outer = kept
        self.env[node.name] = Value(node.name)
        fact = {"n": node.name, "b": owner.bases[:16], "m": list(owner.methods)[:200]}
        self.facts.add("classes", Name(node), {"d": [value.json() for value in decorators[:16]], **fact})


class Name:
    """The line that a definition begins with, not all of it."""

    def __init__(self, node):
        self.lineno, self.col_offset = node.lineno, node.col_offset
        self.end_lineno, self.end_col_offset = node.lineno + 1, None


def all_arguments(arguments):
    """Parameters with their defaults, in the order in which they can be given."""
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(plain) - len(arguments.defaults)) + list(arguments.defaults)
    found = list(zip(plain, defaults)) + list(zip(arguments.kwonlyargs, arguments.kw_defaults))
    return found + [(argument, None) for argument in (arguments.vararg, arguments.kwarg) if argument is not None]

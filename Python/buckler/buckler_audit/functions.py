# SPDX-License-Identifier: Apache-2.0
"""Functions and classes: who calls them, with what, and what becomes of it."""
import ast

from .conditions import Conditions
from .exemptions import Exemptions, subject_of
from .guards import ScopeGuard
from .handlers import BODIES, CONTEXT, converted, is_context, is_narrow, kind_of, names_in
from .refusals import GUARD_NAME, Refusals
from .servers import OWN, is_served
from .values import Value

#: Classes of which there are no other values than those that the source names.
CHOICES = {"Enum", "StrEnum", "IntEnum"}


class Function:
    """
    around   the kind of the handler that it stands in: what that one was sent, this one has too.
    """

    def __init__(self, node, name, owner, outer, around=""):
        self.node = node
        self.around = around
        self.name = name
        self.owner = owner
        self.outer = outer


class Owner:
    """A class: what its `self` is known to have."""

    def __init__(self, name, bases, decorators, is_inner):
        self.name = name
        self.bases = bases
        self.decorators = decorators
        # Made by a function, as a library makes them for others.
        self.is_inner = is_inner
        self.attributes = {}
        self.methods = {}


class Context:
    """The function that is gone through; for one that is followed into, that of its caller."""

    def __init__(self, name="", kind="", attributes=None):
        self.name = self.function = name
        self.kind = kind
        self.attributes = attributes
        self.checked, self.sized, self.used, self.used_in_part = set(), set(), {}, {}
        self.verified = False
        self.not_empty = set()
        self.depth = 0
        self.result = None
        self.inner = []


class Functions(Conditions):
    def enter(self, function):
        node = function.node
        decorators = [self.value(decorator) for decorator in node.decorator_list]
        self.decorated(node.decorator_list, decorators)
        arguments = all_arguments(node.args)
        parameters = [argument.arg for argument, _ in arguments]
        owner = function.owner
        kind = self.kind(function, decorators, parameters)
        sent = self.sent(function, kind, parameters)
        attributes = owner.attributes if owner else None
        kept, self.context = self.context, Context(function.name, kind or function.around, attributes)
        described, numbers = [], converted(decorators)
        for position, (argument, default) in enumerate(arguments):
            names = ["Enum" if name in self.choices else name for name in names_in(argument.annotation, self.resolve)]
            value = Value(argument.arg)
            given = self.value(default) if default is not None else None
            if is_context(argument.arg, names, kind):
                value = Value(CONTEXT)
            elif argument.arg in sent and argument.arg not in numbers and not is_narrow(names, given, kind):
                value.taint = value.origin = frozenset([argument.arg])
                described.append((argument, names))
            elif argument.arg in sent:
                value.origin = frozenset([argument.arg])
            self.env[argument.arg] = value
        self.block(node.body)
        self.late(node)
        context, self.context = self.context, kept
        if kind == "asgi":
            self.middleware(node, function)
        subject = subject_of(parameters, [decorator.name or "" for decorator in decorators], node.name)
        if subject is not None:
            returns = parameters[-1] not in ("call_next", "handler", "send") if parameters else True
            self.exemptions(node, function, subject, returns)
        if kind:
            self.handler(node, function, kind, decorators, described, context)

    def kind(self, function, decorators, parameters):
        owner, name = function.owner, function.node.name
        kind = kind_of(decorators, name, owner.name if owner else "", parameters)
        if kind == "runnable" and owner is not None and owner.is_inner:
            return ""
        if not kind and (is_served(name, owner, decorators) or self.registered.of(function)[0]):
            return "web"
        return kind

    def sent(self, function, kind, parameters):
        """Those of its parameters that whoever calls it fills; of what stands in a handler, the handler does."""
        own = parameters[1:] if function.owner is not None else parameters
        if not kind:
            return [] if function.around else own
        places = self.registered.of(function)[1]
        if places is not None:
            return [name for index, name in enumerate(own) if index in places]
        return [name for name in own if not (name in OWN and is_served(function.node.name, function.owner, []))]

    def late(self, node):
        """Functions in a function find what its names stand for at its end, unless they stand in a branch of it."""
        own = {id(statement) for statement in node.body}
        for inner in self.context.inner:
            if id(inner.node) in own:
                inner.outer = [self.env, *inner.outer[1:]]

    def middleware(self, node, function):
        if ScopeGuard(node, self.spend).leaves_out_http():
            self.facts.add("guards", Name(node), {"n": "no-http", "f": function.name})
        refusals = Refusals(node, self.spend)
        for answer in refusals.lost:
            self.facts.add("guards", answer, {"n": "goes-on", "f": function.name})
        if GUARD_NAME.search(function.owner.name) and refusals.lets_all_in():
            self.facts.add("guards", Name(node), {"n": "open", "f": function.name})

    def exemptions(self, node, function, subject, returns):
        found = Exemptions(node, subject, function.owner.name if function.owner else "", self.answers, returns)
        for test, claim in found.all():
            what = claim.what + (f" {claim.name[:100]!r}" if claim.name else "")
            self.facts.add("guards", test, {"n": "claim", "f": function.name, "w": what})

    def handler(self, node, function, kind, decorators, described, context):
        out = []
        named = [(argument.arg, names) for argument, names in described]
        # What a handler takes from the request itself nothing has described.
        named += [(body, []) for body in BODIES.values() if body in context.used or body in context.used_in_part]
        for name, names in named:
            fact = {"n": name, "y": [text[:200] for text in names]}
            fact.update(k=name in context.checked, z=name in context.sized)
            if name in context.used:
                fact["u"] = context.used[name]
            elif name in context.used_in_part:
                fact["u"], fact["p"] = context.used_in_part[name], True
            out.append(fact)
        fact = {"n": node.name, "f": function.name, "h": kind, "p": out[:64]}
        self.facts.add("handlers", Name(node), {"d": self.decorators(decorators), **fact})

    def decorators(self, values):
        return self.facts.arguments([(None, value) for value in values[:16]])

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
        if isinstance(node, ast.Lambda):
            self.context.result = self.value(node.body)
        else:
            self.block(node.body)
        result = self.context.result or Value()
        self.context.depth = 0
        self.env, self.outer, self.context.function, self.context.attributes, self.context.result = kept
        return result

    def unnamed(self, node):
        """Of a lambda."""
        return Function(node, self.context.name, None, [self.env, *self.outer])

    def do_FunctionDef(self, node):
        owner = self.owner if self.owner_env is self.env else None
        around = owner.name if owner else self.context.name
        outer = [self.env, *self.outer] if self.context.name and not owner else list(self.outer)
        name = f"{around}.{node.name}" if around else node.name
        function = Function(node, name, owner, outer, self.context.kind)
        if self.context.name and not owner:
            self.context.inner.append(function)
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
        self.decorated(node.decorator_list, decorators)
        for keyword in node.keywords:
            value = self.value(keyword.value)
            if keyword.arg == "extra":
                self.setting(keyword.value, node.name + ".extra", value)
        names = [decorator.name or "" for decorator in decorators]
        owner = Owner(node.name, [base.name or "" for base in bases], names, bool(self.context.name))
        kept = self.owner, self.owner_env, self.env, self.outer
        self.outer = [self.env, *self.outer]
        self.env = {}
        self.owner, self.owner_env = owner, self.env
        self.block(node.body)
        for name, value in self.env.items():
            owner.attributes.setdefault(name, value)
        self.owner, self.owner_env, self.env, self.outer = kept
        self.env[node.name] = Value(node.name)
        if any(base.endswith("BaseModel") or base in self.described for base in owner.bases):
            self.described.add(node.name)
        self.choices.discard(node.name)
        if any(base.rpartition(".")[2] in CHOICES or base in self.choices for base in owner.bases):
            self.choices.add(node.name)
        fact = {"n": node.name, "b": owner.bases[:16], "m": list(owner.methods)[:200]}
        self.facts.add("classes", Name(node), {"d": self.decorators(decorators), **fact})


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

# SPDX-License-Identifier: Apache-2.0
"""Statements, one after the other: which names stand for what, and what has been checked by then."""
import ast

from .calls import Calls
from .handlers import is_narrow, kind_of, names_in
from .values import NONE, Value, union


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


class Flow(Calls):
    def __init__(self, facts, budget, follows):
        self.facts = facts
        self.budget = budget
        self.env, self.outer, self.stars, self.modules = {}, [], [], set()
        self.context = Context()
        self.queue, self.follows, self.followed = [], follows, {}
        self.is_looping = False

    def module(self, tree):
        self.block(tree.body)
        names = self.env
        while self.queue:
            function = self.queue.pop(0)
            self.env, self.outer = {}, function.outer or [names]
            self.enter(function)

    # Functions and classes

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
            if not (position == 0 and owner is not None) and not is_narrow(names, given):
                value.taint = value.origin = frozenset([argument.arg])
                described.append((argument, names))
            elif not (position == 0 and owner is not None):
                value.origin = frozenset([argument.arg])
            self.env[argument.arg] = value
        self.block(node.body)
        context, self.context = self.context, kept
        if kind:
            self.handler(node, function, kind, decorators, described, context)

    def handler(self, node, function, kind, decorators, described, context):
        out = []
        for argument, names in described:
            name = argument.arg
            fact = {"n": name, "y": [text[:200] for text in names], "k": name in context.checked, "z": name in context.sized}
            if name in context.used:
                fact["u"] = context.used[name]
            out.append(fact)
        fact = {"n": node.name, "f": function.name, "h": kind, "d": [value.json() for value in decorators[:16]], "p": out[:64]}
        self.facts.add("handlers", Name(node), fact)

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
        name = f"{owner.name}.{node.name}" if owner else (f"{self.context.name}.{node.name}" if self.context.name else node.name)
        function = Function(node, name, owner, [self.env, *self.outer] if self.context.name and not owner else list(self.outer))
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
            self.value(keyword.value)
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
        self.facts.add(
            "classes", Name(node),
            {"n": node.name, "b": owner.bases[:16], "d": [value.json() for value in decorators[:16]], "m": list(owner.methods)[:200]},
        )

    # Names

    def do_Import(self, node):
        for alias in node.names:
            self.facts.imports.add(alias.name)
            self.modules.update((alias.name, alias.name.split(".")[0]))
            if alias.asname:
                self.env[alias.asname] = Value(alias.name)
            else:
                self.env[alias.name.split(".")[0]] = Value(alias.name.split(".")[0])

    def do_ImportFrom(self, node):
        module = "." * node.level + (node.module or "")
        self.facts.imports.add(module)
        for alias in node.names:
            if alias.name == "*":
                self.stars.append(module)
            else:
                full = (module + "." if not module.endswith(".") else module) + alias.name
                self.modules.add(full)
                self.env[alias.asname or alias.name] = Value(full)

    def bind(self, target, value):
        if isinstance(target, ast.Name):
            new = value if value.name else value.copy()
            # A name of our own is worth nothing to whoever looks for what is called.
            if new.name is None:
                new.name = target.id if not new.items and new.text is None else None
            self.env[target.id] = new
        elif isinstance(target, ast.Attribute):
            base = self.value(target.value)
            if base.name == "self" and self.context.attributes is not None:
                known = value.copy()
                # Not what one function was given, but what all find.
                known.taint = known.origin = known.sized = NONE
                self.context.attributes[target.attr] = known
        elif isinstance(target, (ast.Tuple, ast.List)):
            for index, item in enumerate(target.elts):
                part = value.items[index] if value.items and index < len(value.items) else union([value])
                self.bind(item.value if isinstance(item, ast.Starred) else item, part)
        elif isinstance(target, ast.Subscript):
            base = self.value(target.value)
            index = self.value(target.slice)
            if isinstance(target.value, ast.Name):
                self.env[target.value.id] = base.merged(Value(base.name, taint=value.taint, origin=value.origin))
            self.assigned_text(index.text, value, None)

    def assigned_text(self, name, value, node):
        if node is not None:
            self.named_text(name, value, node)

    def do_Assign(self, node):
        value = self.value(node.value)
        for target in node.targets:
            self.bind(target, value)
            self.assigned_text(self.words(target), value, node.value)

    def do_AnnAssign(self, node):
        if node.value is not None:
            value = self.value(node.value)
            self.bind(node.target, value)
            self.assigned_text(self.words(node.target), value, node.value)

    def do_AugAssign(self, node):
        value = self.value(node.value)
        if isinstance(node.target, ast.Name):
            before = self.lookup(node.target.id)
            if before.text is not None and value.text is not None and isinstance(node.op, ast.Add):
                self.bind(node.target, Value(const=(before.text + value.text)[:1000]))
            else:
                self.bind(node.target, union([before, value]))

    # Statements; each says whether what follows it in its block is reached no more

    def block(self, statements):
        for statement in statements:
            self.spend()
            method = getattr(self, "do_" + type(statement).__name__, None)
            if method is not None:
                if method(statement):
                    return True
                continue
            for child in ast.iter_child_nodes(statement):
                if isinstance(child, ast.expr):
                    self.value(child)
        return False

    def do_Return(self, node):
        value = self.value(node.value)
        context = self.context
        context.result = value if context.result is None else context.result.merged(value)
        return True

    def do_Raise(self, node):
        for part in (node.exc, node.cause):
            if part is not None:
                self.value(part)
        return True

    def do_Continue(self, node):
        return True

    do_Break = do_Continue

    def do_Assert(self, node):
        self.condition(node.test, decides=True)
        self.refine(node.test, True)

    def do_If(self, node):
        value = self.condition(node.test, decides=False)
        before = self.env
        branches = []
        for body, holds in ((node.body, True), (node.orelse, False)):
            self.spend(len(before))
            self.env = dict(before)
            kept = set(self.context.not_empty)
            self.refine(node.test, holds)
            ends = self.block(body)
            branches.append((ends, self.env, self.context.not_empty))
            self.context.not_empty = kept
        (then_ends, then, then_full), (else_ends, other, else_full) = branches
        if then_ends or else_ends or node.orelse:
            self.context.checked |= value.origin
            self.context.sized |= value.sized
        if then_ends and else_ends:
            self.env = other
            return True
        if then_ends:
            self.env, self.context.not_empty = other, else_full
        elif else_ends:
            self.env, self.context.not_empty = then, then_full
        else:
            self.env = self.merged(then, other)
        return False

    def merged(self, left, right):
        self.spend(len(left) + len(right))
        result = dict(left)
        for name, value in right.items():
            result[name] = value.merged(result[name]) if name in result else value
        return result

    def loop(self, body, prepare):
        """Twice, where no loop is around it: what a turn leaves behind is what the next one finds."""
        before = self.env
        self.spend(len(before) * 2)
        self.env = dict(before)
        turns, kept = (1 if self.is_looping else 2), self.is_looping
        self.is_looping = True
        for _ in range(turns):
            prepare()
            self.block(body)
        self.is_looping = kept
        self.env = self.merged(before, self.env)

    def do_For(self, node):
        iterated = self.value(node.iter)
        self.loop(node.body, lambda: self.bind(node.target, self.element(iterated)))
        self.block(node.orelse)

    do_AsyncFor = do_For

    def do_While(self, node):
        def prepare():
            self.condition(node.test, decides=False)
            self.refine(node.test, True)

        self.loop(node.body, prepare)
        self.block(node.orelse)

    def do_With(self, node):
        for item in node.items:
            value = self.value(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value)
        return self.block(node.body)

    do_AsyncWith = do_With

    def do_Try(self, node):
        ends = self.block(node.body)
        after = self.env
        all_end = ends
        for handler in node.handlers:
            self.spend(len(after))
            self.env = dict(after)
            if handler.name:
                self.env[handler.name] = Value(handler.name)
            handler_ends = self.block(handler.body)
            all_end = all_end and handler_ends
            if not handler_ends:
                after = self.merged(after, self.env)
        self.env = after
        if not ends:
            self.block(node.orelse)
        return self.block(node.finalbody) or all_end

    do_TryStar = do_Try

    def do_Match(self, node):
        value = self.value(node.subject)
        self.context.checked |= value.origin
        before = self.env
        for case in node.cases:
            self.spend(len(before))
            self.env = dict(before)
            if case.guard is not None:
                self.condition(case.guard, decides=True)
            for pattern in ast.walk(case.pattern):
                bound = getattr(pattern, "name", None)
                if isinstance(bound, str):
                    self.env[bound] = union([value])
            self.block(case.body)
            before = self.merged(before, self.env)
        self.env = before

    def do_Global(self, node):
        return False

    do_Nonlocal = do_Pass = do_Global

    def do_Delete(self, node):
        return False

    # Conditions

    def condition(self, test, decides):
        if isinstance(test, ast.BoolOp):
            # `not key or key not in keys`: by then the key is not empty.
            kept = set(self.context.not_empty)
            values = []
            for part in test.values:
                values.append(self.condition(part, decides))
                name = self.negated(part) if isinstance(test.op, ast.Or) else (part.id if isinstance(part, ast.Name) else None)
                if name:
                    self.context.not_empty.add(name)
            self.context.not_empty = kept
            return union(values)
        value = self.value(test)
        if decides:
            self.context.checked |= value.origin
            self.context.sized |= value.sized
        return value

    def negated(self, test):
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and isinstance(test.operand, ast.Name):
            return test.operand.id
        return None

    def refine(self, test, holds):
        """What a condition leaves to be chosen, where it holds or does not."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            self.refine(test.operand, not holds)
        elif isinstance(test, ast.BoolOp):
            if isinstance(test.op, ast.And) == holds:
                for part in test.values:
                    self.refine(part, holds)
        elif isinstance(test, ast.Compare) and len(test.ops) == 1:
            operator, right = test.ops[0], test.comparators[0]
            if isinstance(operator, (ast.In, ast.Eq) if holds else (ast.NotIn, ast.NotEq)):
                self.narrow(test.left, right, by_membership=isinstance(operator, (ast.In, ast.NotIn)))
        elif isinstance(test, ast.Call) and holds:
            self.refine_call(test)
        elif isinstance(test, ast.Name) and holds:
            self.context.not_empty.add(test.id)

    def narrow(self, left, right, by_membership):
        if not isinstance(left, ast.Name) or left.id not in self.env:
            return
        other = self.value(right) if self.resolve(right) is not None else None
        if other is None:
            other = self.sequence(right) if isinstance(right, (ast.List, ast.Tuple, ast.Set)) else (
                Value(const=right.value) if isinstance(right, ast.Constant) else None
            )
        # A text that is part of another is not one of several.
        if other is None or other.taint or (by_membership and other.text is not None):
            return
        self.env[left.id] = self.env[left.id].clean()

    def refine_call(self, test):
        name = self.resolve(test.func) or ""
        subject = test.args[0] if test.args else None
        if name == "builtins.isinstance" and len(test.args) == 2 and isinstance(subject, ast.Name):
            kinds = test.args[1].elts if isinstance(test.args[1], ast.Tuple) else [test.args[1]]
            if all(self.resolve(kind) in ("builtins.int", "builtins.float", "builtins.bool") for kind in kinds):
                if subject.id in self.env:
                    self.env[subject.id] = self.env[subject.id].clean()
        elif name.endswith("fullmatch") and test.args:
            pattern = test.args[0].value if len(test.args) == 2 and isinstance(test.args[0], ast.Constant) else ""
            subject = test.args[-1]
            # What matches anything has checked nothing.
            if isinstance(subject, ast.Name) and subject.id in self.env and "." not in str(pattern).replace("\\.", ""):
                self.env[subject.id] = self.env[subject.id].clean()


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

# SPDX-License-Identifier: Apache-2.0
"""Statements, one after the other: which names stand for what, and what has been checked by then."""
import ast

from .functions import Context, Functions
from .guards import is_inverted
from .values import NONE, Value, union


#: Attributes that turn a guard off, or set how strong it is.
SETTINGS = {"verify_mode", "check_hostname", "minimum_version", "verify", "disabled"}


class Flow(Functions):
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
            # pydantic's `class Config: extra = "allow"`.
            if target.id == "extra" and self.owner_env is self.env and self.owner.name == "Config":
                self.setting(target, "Config.extra", value)
        elif isinstance(target, ast.Attribute):
            base = self.value(target.value)
            if base.name == "self" and self.context.attributes is not None:
                known = value.copy()
                # Not what one function was given, but what all find.
                known.taint = known.origin = known.sized = NONE
                self.context.attributes[target.attr] = known
            if target.attr in SETTINGS:
                self.setting(target, f"{base.name or self.words(target.value)}.{target.attr}", value)
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

    def setting(self, node, name, value):
        self.facts.add("sets", node, {"n": name[:200], "a": [value.json()]})

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

    # Statements; each says whether what follows it in its block is reached no more.

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
        if is_inverted(node.test, node.body):
            self.facts.add("guards", node.test, {"n": "inverted", "f": self.context.function})
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

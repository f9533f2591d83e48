# SPDX-License-Identifier: Apache-2.0
"""Statements, one after the other: which names stand for what, and what has been checked by then."""
import ast

from .answers import WATCHED, Answers, is_attached
from .bindings import Bindings
from .functions import Context, Name
from .guards import is_inverted
from .limits import Limits
from .names import LEAVING
from .servers import Registered
from .values import Value, union


#: Of a block that a call or an exception leaves, as far as can be seen. What follows is looked at all the same: a name
#: can be given anew, and an exception be held.
LEFT = "left"
#: Methods of a logger.
LOGGING = {"debug", "info", "warning", "error", "critical", "exception", "log"}


class Flow(Bindings):
    def __init__(self, facts, budget, follows):
        self.facts = facts
        self.budget = budget
        self.env, self.outer, self.stars, self.modules = {}, [], [], set()
        # Classes of this source that say what their fields may be.
        self.described = set()
        # Classes of this source that are enumerations.
        self.choices = set()
        self.context = Context()
        self.queue, self.follows, self.followed = [], follows, {}
        self.is_looping = False

    def module(self, tree):
        self.answers = Answers(tree, self.spend)
        self.registered = Registered(tree, self.spend)
        if "streamlit" in self.registered.modules:
            # All of such a source runs for each client.
            self.context = Context(kind="web")
        for name, node, answers in self.answers.all():
            self.facts.add("answers", Name(node), {"n": name[:200], "s": answers, "d": is_attached(node)})
        self.block(tree.body)
        names = self.env
        while self.queue:
            function = self.queue.pop(0)
            self.env, self.outer = {}, function.outer or [names]
            self.enter(function)
        # A module without a handler may be there for others, which read what it sets.
        if self.facts.lists["handlers"]:
            limits = Limits(tree)
            for fault, found in (("idle", limits.idle()), ("zero", limits.zeros())):
                for name, statement in found:
                    self.facts.add("limits", statement, {"n": name[:200], "w": fault})

    # Statements; each says whether what follows it in its block is reached no more: True, LEFT or False.

    def block(self, statements):
        ends = False
        for index, statement in enumerate(statements):
            self.spend()
            method = getattr(self, "do_" + type(statement).__name__, None)
            if method is not None:
                ends = method(statement) or ends
                if ends is True:
                    if isinstance(statement, (ast.Return, ast.Raise)):
                        self.unreached(statements[index + 1:])
                    return True
                continue
            for child in ast.iter_child_nodes(statement):
                if isinstance(child, ast.expr):
                    self.value(child)
        return ends

    def do_Expr(self, node):
        self.value(node.value)
        if isinstance(node.value, ast.Call):
            self.asserted(node.value)
            return LEFT if self.resolve(node.value.func) in LEAVING else False
        return False

    def unreached(self, statements):
        for statement in statements:
            self.spend()
            if isinstance(statement, ast.If) and self.stops(statement.body):
                self.facts.add("unreached", statement.test, {"n": "check", "f": self.context.function})
            elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
                root, _, method = (self.resolve(statement.value.func) or "").rpartition(".")
                if method in LOGGING and "log" in root.lower():
                    self.facts.add("unreached", statement, {"n": "log", "f": self.context.function})

    def stops(self, body):
        return isinstance(body[-1], ast.Raise) or bool(self.answers.given(body, self.class_name()) & WATCHED)

    def class_name(self):
        return self.context.function.partition(".")[0]

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
        idle = self.answers.never_says_yes(node.test, self.class_name())
        if idle and self.answers.given(node.body, self.class_name()) & WATCHED:
            self.facts.add("guards", node.test, {"n": "never", "f": self.context.function, "w": idle[:200]})
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
            return together([then_ends, else_ends])
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

    def merged_all(self, ways):
        result = ways[0]
        for env in ways[1:]:
            result = self.merged(result, env)
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
        # `contextlib.suppress` and its like go on behind an exception.
        return LEFT if self.block(node.body) else False

    do_AsyncWith = do_With

    def do_Try(self, node):
        self.spend(len(self.env))
        before = dict(self.env)
        ends = self.block(node.body)
        # An exception comes before a check as well as behind it.
        raised = self.merged(before, self.env)
        if ends is not True:
            ends = self.block(node.orelse) or ends
        ways = [(ends, self.env)]
        for handler in node.handlers:
            self.spend(len(raised))
            self.env = dict(raised)
            if handler.name:
                self.env[handler.name] = Value(handler.name)
            ways.append((self.block(handler.body), self.env))
        ends = self.joined(ways)
        return self.block(node.finalbody) or ends

    do_TryStar = do_Try

    def do_Match(self, node):
        value = self.value(node.subject)
        self.context.checked |= value.origin
        before, ways, is_whole = self.env, [], False
        for case in node.cases:
            self.spend(len(before))
            self.env = dict(before)
            if is_literal(case.pattern):
                self.contained(node.subject)
            for pattern in ast.walk(case.pattern):
                bound = getattr(pattern, "name", None)
                if isinstance(bound, str):
                    self.env[bound] = union([value])
            if case.guard is not None:
                self.condition(case.guard, decides=True)
                self.refine(case.guard, True)
            ways.append((self.block(case.body), self.env))
            is_whole = is_whole or (case.guard is None and is_any(case.pattern))
        return self.joined(ways if is_whole else [*ways, (False, before)])

    def joined(self, ways):
        """Goes on with what those ways leave that do not end; says whether all of them end."""
        going = [env for ends, env in ways if not ends]
        self.env = self.merged_all(going or [env for _, env in ways])
        return False if going else together([ends for ends, _ in ways])

    def do_Global(self, node):
        return False

    do_Nonlocal = do_Pass = do_Global

    def do_Delete(self, node):
        return False


def together(ends):
    """How several ways end that all end."""
    return LEFT if LEFT in ends else True


def is_literal(pattern):
    """Whether a pattern of `match` names all that it lets through."""
    if isinstance(pattern, ast.MatchOr):
        return all(is_literal(part) for part in pattern.patterns)
    return isinstance(pattern, ast.MatchSingleton) or (
        isinstance(pattern, ast.MatchValue) and isinstance(pattern.value, ast.Constant)
    )


def is_any(pattern):
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None

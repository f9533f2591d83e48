# SPDX-License-Identifier: Apache-2.0
"""What is reported of one source.

calls     n name, l line, c column, e length, f the function around it, h who calls that with whose data (handlers.py),
          a arguments, v whether something was verified before it in the same function, r parameters that decide what
          the method is called of, o name of the `bentoml.Service` that it is called of, w of `startswith` and
          `endswith` what the source itself calls the text that is asked.
          An argument: k keyword, s text, b truth value, i number, z None, n name, a arguments of the call that made it,
          or what it was put together of, m items, k with its key in those of a dictionary, t parameters that decide it,
          x the name of the secret that it was made from.
classes   n, b names of bases, d decorators as arguments, m names of methods, and the place.
handlers  functions that take what clients send: n, f, h, d decorators, p parameters: n, y names in the annotation,
          k whether it is checked, z whether its size is, u where it is first used (n, l, c, e), p whether only members
          of it are that the source names; and the place.
texts     texts beside a name: n name or '', s text, and the place.
compares  o operator, x and y the names compared, q whether y (or x) is a constant, and the place.
empties   n, and the place where an unset variable of the environment becomes a key that is empty.
sets      settings that weaken or silence something: n what is set, as `context.verify_mode`, a to what, as an argument,
          and the place.
guards    what stands the wrong way round (guards.py): n "inverted" or "no-http", f the function, and the place;
          what does not stop whom it refuses, or anybody (refusals.py): n "goes-on" or "open"; what refuses by a
          function that never returns anything (answers.py): n "never" and w its name; what is let past for what it
          says of itself (exemptions.py): n "claim" and w of which kind that is, with its name if the source has it;
          what looks for a text within a key: n "part" and w the name of the variable that has that; what compares
          some letters of a key only: n "cut" and w its name.
answers   functions and classes that refuse callers, themselves or by what they call (answers.py): n, s the status
          codes among 401, 403, 413 and 429, d whether a decorator makes it a middleware, and the place.
unreached checks and entries of a log that stand behind a `return` or `raise`: n "check" or "log", f the function, and
          the place.
limits    numbers named as limits that limit nothing (limits.py): n, w "idle" or "zero", and the place.
imports   names of modules.
"""
from .values import VALUE_LIMIT, arguments_json

CALLS = 20_000
OTHERS = 5_000
#: Of all calls, settings and decorators together.
VALUES = 500_000


class TooMuch(Exception):
    """A source of which more would have to be said, or looked at, than is reasonable."""


class Facts:
    def __init__(self, lines):
        self.lines = lines
        self.calls = {}
        self.lists = {"classes": [], "handlers": []}
        # By their places: what is gone through twice is said once.
        self.lists.update((kind, {}) for kind in ("texts", "compares", "empties", "sets", "guards", "limits", "answers",
                                                "unreached"))
        self.imports = set()
        self.values = 0

    def arguments(self, arguments):
        """What is told of arguments, in all no more than can be held."""
        room = [VALUE_LIMIT]
        told = arguments_json(arguments, 1, room)
        self.values += VALUE_LIMIT - room[0]
        if self.values > VALUES:
            raise TooMuch(f"its calls are given more than {VALUES} values")
        return told

    def place(self, node):
        """Line and column from 1; columns and the length in scalars, the length no further than the line."""
        line = getattr(node, "lineno", 1)
        raw = self.lines[line - 1] if 0 < line <= len(self.lines) else b""
        start = getattr(node, "col_offset", 0)
        end = getattr(node, "end_col_offset", None)
        if getattr(node, "end_lineno", line) != line or end is None:
            end = len(raw.rstrip())
        if raw.isascii():
            return {"l": line, "c": start + 1, "e": max(end - start, 1)}
        before = len(raw[:start].decode("utf-8", "replace"))
        return {"l": line, "c": before + 1, "e": max(len(raw[start:end].decode("utf-8", "replace")), 1)}

    def call(self, node, name, arguments, receiver, context, service=None, subject=None):
        key = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset, name)
        known = self.calls.get(key)
        # What a handler hands on says more than what the function by itself may be given.
        tainted = any(value.taint for _, value in arguments) or bool(receiver)
        rank = (bool(context.kind) and tainted, bool(context.kind))
        if known is not None and known[0] >= rank:
            return
        if known is None and len(self.calls) >= CALLS:
            raise TooMuch(f"it has more than {CALLS} calls")
        fact = {"n": name[:300], "f": context.function, "h": context.kind, **self.place(node)}
        fact["a"] = self.arguments(arguments)
        if context.verified:
            fact["v"] = True
        if service is not None:
            fact["o"] = service[:100]
        if subject:
            fact["w"] = subject[:100]
        if receiver:
            fact["r"] = sorted(receiver)[:4]
        self.calls[key] = (rank, fact)

    def add(self, kind, node, fact):
        entries = self.lists[kind]
        if len(entries) >= OTHERS:
            raise TooMuch(f"it has more than {OTHERS} {kind}")
        fact = {**fact, **self.place(node)}
        if isinstance(entries, dict):
            entries[(node.lineno, node.col_offset, fact.get("n"))] = fact
        else:
            entries.append(fact)
        return fact

    def json(self):
        out = {kind: list(all.values()) if isinstance(all, dict) else all for kind, all in self.lists.items()}
        out["calls"] = [fact for _, fact in self.calls.values()]
        out["imports"] = sorted(self.imports)[:OTHERS]
        return out

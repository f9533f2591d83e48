# SPDX-License-Identifier: Apache-2.0
"""What is reported of one source.

calls     n name, l line, c column, e length, f the function around it, h who calls that with whose data (handlers.py),
          a arguments, v whether something was verified before it in the same function, r parameters that decide what
          the method is called of.
          An argument: k keyword, s text, b truth value, i number, z None, n name, a arguments of the call that made it,
          m items, t parameters that decide it, x the name of the secret that it was made from.
classes   n, b names of bases, d decorators as arguments, m names of methods, and the place.
handlers  functions that take what clients send: n, f, h, d decorators, p parameters: n, y names in the annotation,
          k whether it is checked, z whether its size is, u where it is first used (n, l, c, e); and the place.
texts     texts beside a name: n name or '', s text, and the place.
compares  o operator, x and y the names compared, q whether y (or x) is a constant, and the place.
empties   n, and the place where an unset variable of the environment becomes a key that is empty.
sets      settings that weaken or silence something: n what is set, as `context.verify_mode`, a to what, as an argument,
          and the place.
guards    what stands the wrong way round (guards.py): n "inverted" or "no-http", f the function, and the place.
imports   names of modules.
"""
from .values import arguments_json

CALLS = 20_000
OTHERS = 5_000


class TooMuch(Exception):
    """A source of which more would have to be said, or looked at, than is reasonable."""


class Facts:
    def __init__(self, lines):
        self.lines = lines
        self.calls = {}
        self.lists = {"classes": [], "handlers": []}
        # By their places: what is gone through twice is said once.
        self.lists.update((kind, {}) for kind in ("texts", "compares", "empties", "sets", "guards"))
        self.imports = set()

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

    def call(self, node, name, arguments, receiver, context):
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
        fact["a"] = arguments_json(arguments, 1)
        if context.verified:
            fact["v"] = True
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

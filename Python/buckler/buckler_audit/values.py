# SPDX-License-Identifier: Apache-2.0
"""What is known of a value without running anything."""

NONE = frozenset()
UNKNOWN = object()
TEXT_LIMIT = 300
ITEM_LIMIT = 64
NESTED_LIMIT = 3


class Value:
    """
    name     where it comes from, with dots: `os.system`; `torch.load()` for what a call returned; else None.
    const    a text, number, truth value or None; UNKNOWN otherwise.
    call     the arguments of the call that returned it: a list of (keyword or None, Value).
    items    of a list, tuple or set that is written out.
    taint    the parameters whose holder decides what it is.
    origin   the parameters that it was made from, even if they can no longer decide freely what it is.
    sized    those of origin of which it is a size or shape.
    secret   the name of the secret that it was made from, if it still tells it.
    empties  where a variable of the environment was split that may not be set, and its name: the pieces then hold an
             empty text.
    """

    __slots__ = ("name", "const", "call", "items", "taint", "origin", "sized", "empties", "function", "secret")

    def __init__(self, name=None, const=UNKNOWN, taint=NONE, origin=NONE, sized=NONE):
        self.name = name
        self.const = const
        self.call = None
        self.items = None
        self.taint = taint
        self.origin = origin
        self.sized = sized
        self.empties = None
        self.function = None
        self.secret = None

    def copy(self):
        new = Value(self.name, self.const, self.taint, self.origin, self.sized)
        new.call, new.items, new.empties, new.function = self.call, self.items, self.empties, self.function
        new.secret = self.secret
        return new

    def clean(self):
        """The same, when its holder can no longer decide freely what it is."""
        if not self.taint:
            return self
        new = self.copy()
        new.taint = NONE
        return new

    @property
    def text(self):
        return self.const if isinstance(self.const, str) else None

    def merged(self, other):
        """Either of the two: a name is kept that only one has, since what is called may be that."""
        if self is other:
            return self
        new = Value(
            self.name if self.name == other.name or other.name is None else other.name,
            self.const if self.const == other.const and type(self.const) is type(other.const) else UNKNOWN,
            self.taint | other.taint,
            self.origin | other.origin,
            self.sized | other.sized,
        )
        new.call = self.call if self.call is not None else other.call
        new.empties = self.empties or other.empties
        new.secret = self.secret or other.secret
        new.function = self.function if self.function is not None else other.function
        return new

    def json(self, level=0):
        out = {}
        if isinstance(self.const, bool):
            out["b"] = self.const
        elif isinstance(self.const, str):
            out["s"] = self.const[:TEXT_LIMIT]
        elif isinstance(self.const, (int, float)):
            out["i"] = repr(self.const)[:40] if abs(self.const) < 1e30 else "inf"
        elif self.const is None:
            out["z"] = True
        if self.name is not None:
            out["n"] = self.name[:TEXT_LIMIT]
        if level < NESTED_LIMIT:
            if self.call:
                out["a"] = arguments_json(self.call, level + 1)
            if self.items:
                out["m"] = [item.json(level + 1) for item in self.items[:ITEM_LIMIT]]
        if self.secret:
            out["x"] = self.secret[:100]
        if self.taint:
            out["t"] = sorted(self.taint)[:4]
        return out


def arguments_json(arguments, level):
    out = []
    for keyword, value in arguments[:ITEM_LIMIT]:
        entry = value.json(level)
        if keyword is not None:
            entry["k"] = keyword
        out.append(entry)
    return out


def union(values):
    """What is made of several values, and is none of them."""
    taint, origin, sized, secret = NONE, NONE, NONE, None
    for value in values:
        secret = secret or value.secret
        if value.origin:
            taint, origin, sized = taint | value.taint, origin | value.origin, sized | value.sized
    new = Value(taint=taint, origin=origin, sized=sized)
    new.secret = secret
    return new

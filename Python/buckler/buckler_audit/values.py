# SPDX-License-Identifier: Apache-2.0
"""What is known of a value without running anything."""

NONE = frozenset()
UNKNOWN = object()
TEXT_LIMIT = 300
#: What is handed over itself may be a command of many lines.
ARGUMENT_TEXT_LIMIT = 4000
ITEM_LIMIT = 256
NESTED_LIMIT = 5
#: Values that are told of one call: lists of lists of lists are told in part. A long text counts for several.
VALUE_LIMIT = 500
#: Names that one value may have.
NAME_LIMIT = 16


class Value:
    """
    name     where it comes from, with dots: `os.system`; `torch.load()` for what a call returned; else None.
    const    a text, number, truth value or None; UNKNOWN otherwise.
    call     the arguments of the call that returned it: a list of (keyword or None, Value).
    also     other names that it may have.
    bound    the arguments that `functools.partial` has put before those of a call.
    items    of a list, tuple, set or dictionary that is written out.
    keys     of a dictionary: for each of its items the text of its key, or None.
    taint    the parameters whose holder decides what it is.
    origin   the parameters that it was made from, even if they can no longer decide freely what it is.
    sized    those of origin of which it is a size or shape.
    picked   those of origin of which it is one member, by a name that the source holds: `x["a"]`.
    secret   the name of the secret that it was made from, if it still tells it.
    cut      the name of the key of which it is some letters only.
    empties  where a variable of the environment was split that may not be set, and its name: the pieces then hold an
             empty text.
    """

    __slots__ = ("name", "const", "call", "items", "taint", "origin", "sized", "picked", "empties", "function",
                 "secret", "cut", "also", "bound", "keys")

    def __init__(self, name=None, const=UNKNOWN, taint=NONE, origin=NONE, sized=NONE):
        self.name = name
        self.const = const
        self.call = None
        self.items = None
        self.taint = taint
        self.origin = origin
        self.sized = sized
        self.picked = self.also = NONE
        self.bound = self.keys = None
        self.empties = None
        self.function = None
        self.secret = self.cut = None

    def copy(self):
        new = Value(self.name, self.const, self.taint, self.origin, self.sized)
        new.call, new.items, new.empties, new.function = self.call, self.items, self.empties, self.function
        new.secret, new.cut, new.picked = self.secret, self.cut, self.picked
        new.also, new.bound, new.keys = self.also, self.bound, self.keys
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
        names = {*self.also, *other.also, self.name, other.name} - {new.name, None}
        new.also = frozenset(sorted(names)[:NAME_LIMIT])
        new.picked = parts([self, other])
        new.bound = self.bound if self.bound is not None else other.bound
        new.call = self.call if self.call is not None else other.call
        new.empties = self.empties or other.empties
        new.secret = self.secret or other.secret
        new.cut = self.cut or other.cut
        new.function = self.function if self.function is not None else other.function
        return new

    def members(self):
        """Of a dictionary that is written out: pairs of a key's text and the value."""
        return [(key, item) for key, item in zip(self.keys or (), self.items or ()) if key is not None]

    def json(self, level=0, room=None):
        room = [VALUE_LIMIT] if room is None else room
        room[0] -= 1
        out = {}
        if isinstance(self.const, bool):
            out["b"] = self.const
        elif isinstance(self.const, str):
            out["s"] = self.const[:ARGUMENT_TEXT_LIMIT if level < 2 else TEXT_LIMIT]
            room[0] -= len(out["s"]) // TEXT_LIMIT
        elif isinstance(self.const, (int, float)):
            out["i"] = repr(self.const)[:40] if abs(self.const) < 1e30 else "inf"
        elif self.const is None:
            out["z"] = True
        if self.name is not None:
            out["n"] = self.name[:TEXT_LIMIT]
        if level < NESTED_LIMIT and room[0] > 0:
            if self.call:
                out["a"] = arguments_json(self.call, level + 1, room)
            if self.items:
                named = self.keys if self.keys else [None] * len(self.items)
                out["m"] = arguments_json(list(zip(named, self.items)), level + 1, room)
        if self.secret:
            out["x"] = self.secret[:100]
        if self.taint:
            out["t"] = sorted(self.taint)[:4]
        return out


def arguments_json(arguments, level, room=None):
    room = [VALUE_LIMIT] if room is None else room
    out = []
    for keyword, value in arguments[:ITEM_LIMIT]:
        if room[0] <= 0:
            break
        entry = value.json(level, room)
        if keyword is not None:
            entry["k"] = keyword[:TEXT_LIMIT]
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
    new.secret, new.picked = secret, parts(values)
    return new


def parts(values):
    """Of which parameters nothing but picked members is among the values."""
    picked = NONE.union(*(value.picked for value in values))
    return picked.difference(*(value.origin - value.picked for value in values)) if picked else NONE


def one_of(items):
    """Any one of several values."""
    first = items[0]
    for other in items[1:]:
        first = first.merged(other)
    return first

# SPDX-License-Identifier: Apache-2.0
"""Calls: reported, and followed into functions of the same source."""
import ast

from .handlers import BODIES
from .lookups import Lookups
from .names import (
    ASKING, CHECKING, CLEANING, ENVIRON, FILLING, FLUENT, FLUENT_PATHS, KEY_NAME, NEUTRAL, PASSING, PATHS, READING,
    SEEKING, TELLING, VERIFYING,
)
from .patterns import leaves_words
from .servers import is_written_text
from .values import NONE, UNKNOWN, Value, one_of, union


class Calls(Lookups):
    def value_Call(self, node):
        # Looked at once only: chains of calls would take twice as long with each link.
        if isinstance(node.func, ast.Attribute):
            self.spend()
            base = self.value(node.func.value)
            called = self.attribute(base, node.func.attr)
        else:
            base, called = None, self.value(node.func)
        arguments = self.arguments(node)
        if called.bound is not None:
            arguments = bound(called.bound, arguments)
        called, arguments = self.through(called, arguments)
        name = called.name
        known = self.known(base, name, node, arguments)
        if name is None:
            name = "?." + node.func.attr if isinstance(node.func, ast.Attribute) else None
        for each in ([name] if name is not None else []) + sorted(called.also):
            self.report(node, each, called, arguments, service_of(base))
            self.handed(node, each, arguments, called.taint)
            self.texts_run(node, each, arguments)
        if base is not None and node.func.attr in FILLING:
            self.filled(node.func, base, [value for _, value in arguments])
        if known is not None:
            return known
        return self.returned(node, base, name, called, arguments)

    def arguments(self, node):
        """Pairs of a keyword, or None, and a value; a dictionary that is written out and unpacked is its members."""
        arguments = [(None, self.value(argument)) for argument in node.args]
        for keyword in node.keywords:
            value = self.value(keyword.value)
            if keyword.arg is None and value.keys:
                arguments += value.members()
                continue
            arguments.append((keyword.arg, value))
            self.named_text(keyword.arg, value, keyword.value)
        return arguments

    def known(self, base, name, node, arguments):
        """What is certain of a call's result."""
        first = arguments[0][1] if arguments else None
        if name in ("functools.partial", "functools.partialmethod") and first is not None:
            new = first.copy()
            whole = union([value for _, value in arguments])
            new.taint, new.origin, new.bound = whole.taint, whole.origin, bound(first.bound or [], arguments[1:])
            return new
        if name == "builtins.dict" and arguments and all(keyword for keyword, _ in arguments):
            values = [value for _, value in arguments]
            return self.dictionary(union(values), [keyword for keyword, _ in arguments], values)
        if base is not None and base.keys and node.func.attr in ("get", "pop", "setdefault") and first is not None:
            defaults = [value for _, value in arguments[1:2]]
            return one_of([self.item(base, first), *defaults])
        if base is not None and base.keys and node.func.attr == "values" and not arguments:
            return base
        found = self.looked_up(base, name, node.func.attr if base is not None else "", arguments)
        if found is not None:
            return found
        if base is not None and node.func.attr == "join" and first is not None and first.items:
            separator = base.text
            if separator is not None and all(item.text is not None for item in first.items):
                return Value(const=separator.join(item.text for item in first.items)[:1000])
        return None

    def report(self, node, name, called, arguments, service):
        context = self.context
        if VERIFYING.search(name.rpartition(".")[2]) or VERIFYING.search(name):
            context.verified = True
        receiver = called.taint if isinstance(node.func, ast.Attribute) else NONE
        is_asked = name.endswith(ASKING) and isinstance(node.func, ast.Attribute)
        subject = self.words(node.func.value) if is_asked else None
        self.facts.call(node, name, arguments, receiver, context, service, subject)
        if name.endswith("compare_digest"):
            self.cut_compared(node, [value for _, value in arguments])
        given = union([value for _, value in arguments] + [called])
        if CHECKING.search(name.rpartition(".")[2]) or name in self.described:
            context.checked |= given.origin
            context.sized |= given.origin
        elif given.origin and not NEUTRAL.match(name) and called.function is None:
            self.used(node, name, called, [value for _, value in arguments])

    def filled(self, function, base, values):
        """What is put into a list, or the like, is in it from then on."""
        key = self.key_of(function.value)
        if key is None:
            return
        new, given = base.copy(), union(values)
        new.taint, new.origin = base.taint | given.taint, base.origin | given.origin
        new.items = new.keys = None
        # Of long lists it is not told which item stands where.
        if base.items is not None and base.keys is None and function.attr == "append" and len(base.items) < 16:
            new.items = [*base.items, *values]
        self.env[key] = new

    def used(self, node, name, called, values):
        """Asking a tensor about itself uses nothing of it; handing it on does."""
        whole = NONE.union(*(value.origin - value.sized - value.picked for value in values))
        part = NONE.union(*(value.picked - value.sized for value in values))
        if not any(value.origin for value in values):
            whole, part = called.taint - called.picked, called.taint & called.picked
        fact = {"n": name[:200], **self.facts.place(node)}
        for parameter in whole:
            self.context.used.setdefault(parameter, fact)
        for parameter in part:
            self.context.used_in_part.setdefault(parameter, fact)

    def returned(self, node, base, name, called, arguments):
        values = [value for _, value in arguments]
        if name == "builtins.len" and values:
            return Value(name="builtins.len()", origin=values[0].origin, sized=values[0].origin)
        if name and name.endswith(".get_response_sender"):
            # It takes answers to the client and brings nothing of his.
            return Value(name=name + "()")
        if name in PASSING and values:
            return values[0].copy()
        if name in PATHS and len(values) == 1:
            path = values[0].copy()
            path.name = path.name or "pathlib.Path()"
            return path
        result = union(values + [called])
        result.name = name + "()" if name and len(name) < 200 else None
        if base is not None and node.func.attr in ("get", "pop") and values and values[0].const is not UNKNOWN:
            result.picked = result.picked.union(base.origin).difference(*(value.origin for value in values))
        is_kept = base is not None and node.func.attr in READING | SEEKING
        result.call = [(None, base), *arguments] if is_kept else arguments
        if name in PATHS or (base is not None and base.name in FLUENT_PATHS and node.func.attr == "joinpath"):
            result.name = "pathlib.Path()"
        elif base is not None and base.name in FLUENT:
            result.name = base.name
        if result.name in BODIES:
            result.taint = result.origin = frozenset([BODIES[result.name]])
        if is_written_text(result.name or ""):
            result.taint = result.origin = frozenset([result.name.replace("streamlit", "st").removesuffix("()")])
        if name in CLEANING or leaves_words(base, name, arguments):
            result.taint = NONE
        if not TELLING.match(name or ""):
            result.secret = None
        elif base is not None:
            result.secret = result.secret or base.secret
            result.cut = base.cut
        variable = values[0].text if values else None
        if name is not None and name + "()" in ENVIRON and variable and KEY_NAME.search(variable):
            result.secret = variable
        if base is not None:
            self.split_of_environ(node, base, result)
        if called.function is not None:
            followed = self.follow(called.function, arguments)
            if followed is not None:
                result.taint, result.origin = followed.taint, followed.origin
                if followed.name:
                    result.name = followed.name
        return result

    def split_of_environ(self, node, base, result):
        """`os.environ.get(KEYS, "").split(",")` of a variable that is not set is `[""]`."""
        method = node.func.attr
        if method == "split" and base.name in ENVIRON and node.args and len(base.call or ()) > 1:
            if base.call[1][1].const == "":
                result.empties = (node, base.call[0][1].text or "")
        elif method in ("discard", "remove"):
            base.empties = None

    def follow(self, function, arguments):
        """One step: what a function of this source does with what it is given."""
        given = [value for _, value in arguments]
        if self.context.depth > 0 or not any(value.origin for value in given) or self.follows <= 0:
            return None
        key = (id(function.node), self.context.kind, self.context.name) + tuple(
            (keyword, value.taint, value.origin) for keyword, value in arguments
        )
        if key in self.followed:
            return self.followed[key]
        before = self.budget
        result = self.run_function(function, arguments)
        self.follows -= before - self.budget
        self.followed[key] = result
        return result


def service_of(base):
    """The name of the `bentoml.Service("name")` that something is called of."""
    if base is None or base.name != "bentoml.Service()":
        return None
    return next((value.text for keyword, value in base.call or () if keyword in (None, "name")), None)


def bound(before, arguments):
    """The arguments of a call, behind those that were put before it: what is given again counts."""
    again = {keyword for keyword, _ in arguments if keyword is not None}
    kept = [pair for pair in before if pair[0] is not None and pair[0] not in again]
    placed = [pair for pair in before if pair[0] is None]
    return (placed + [pair for pair in arguments if pair[0] is None] + kept
            + [pair for pair in arguments if pair[0] is not None])[:256]

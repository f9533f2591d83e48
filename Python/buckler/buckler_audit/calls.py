# SPDX-License-Identifier: Apache-2.0
"""Calls: reported, and followed into functions of the same source."""
import ast

from .expressions import Expressions
from .names import CHECKING, CLEANING, ENVIRON, KEY_NAME, NEUTRAL, PASSING, TELLING, VERIFYING
from .values import NONE, Value, union


class Calls(Expressions):
    def value_Call(self, node):
        # Looked at once only: chains of calls would take twice as long with each link.
        if isinstance(node.func, ast.Attribute):
            self.spend()
            base = self.value(node.func.value)
            called = self.attribute(base, node.func.attr)
        else:
            base, called = None, self.value(node.func)
        arguments = [(None, self.value(argument)) for argument in node.args]
        for keyword in node.keywords:
            value = self.value(keyword.value)
            arguments.append((keyword.arg, value))
            self.named_text(keyword.arg, value, keyword.value)
        name = called.name
        known = self.known(base, name, node, arguments)
        if name is None:
            name = "?." + node.func.attr if isinstance(node.func, ast.Attribute) else None
        if name is not None:
            self.report(node, name, called, arguments)
        if known is not None:
            return known
        return self.returned(node, base, name, called, arguments)

    def known(self, base, name, node, arguments):
        """What is certain of a call's result."""
        first = arguments[0][1] if arguments else None
        if name == "builtins.getattr" and len(arguments) > 1 and arguments[1][1].text:
            found = self.attribute(first, arguments[1][1].text)
            return found if found.name else None
        if name in ("importlib.import_module", "builtins.__import__") and first is not None and first.text:
            self.modules.add(first.text)
            return Value(first.text if name.startswith("importlib") else first.text.split(".")[0])
        if name == "operator.attrgetter" and first is not None and first.text:
            return Value("operator.attrgetter:" + first.text)
        if name and name.startswith("operator.attrgetter:") and first is not None:
            return self.attribute(first, name.partition(":")[2])
        if name == "builtins.vars" and first is not None and first.name in self.modules:
            return Value(first.name)
        if base is not None and node.func.attr == "join" and first is not None and first.items:
            separator = base.text
            if separator is not None and all(item.text is not None for item in first.items):
                return Value(const=separator.join(item.text for item in first.items)[:1000])
        return None

    def report(self, node, name, called, arguments):
        context = self.context
        if VERIFYING.search(name.rpartition(".")[2]) or VERIFYING.search(name):
            context.verified = True
        receiver = called.taint if isinstance(node.func, ast.Attribute) else NONE
        self.facts.call(node, name, arguments, receiver, context)
        given = union([value for _, value in arguments] + [called])
        if CHECKING.search(name.rpartition(".")[2]):
            context.checked |= given.origin
            context.sized |= given.origin
        elif given.origin and not NEUTRAL.match(name) and called.function is None:
            # Asking a tensor about itself uses nothing of it; handing it on does.
            handed = union([value for _, value in arguments])
            for parameter in (handed.origin - handed.sized) | (called.taint if not handed.origin else NONE):
                context.used.setdefault(parameter, {"n": name[:200], **self.facts.place(node)})

    def returned(self, node, base, name, called, arguments):
        values = [value for _, value in arguments]
        if name == "builtins.len" and values:
            return Value(name="builtins.len()", origin=values[0].origin, sized=values[0].origin)
        if name and name.endswith(".get_response_sender"):
            # It takes answers to the client and brings nothing of his.
            return Value(name=name + "()")
        if name in PASSING and values:
            passed = values[0].copy()
            passed.name = values[0].name
            return passed
        result = union(values + [called])
        result.name = name + "()" if name and len(name) < 200 else None
        result.call = arguments
        if name in CLEANING:
            result.taint = NONE
        if not TELLING.match(name or ""):
            result.secret = None
        elif base is not None:
            result.secret = result.secret or base.secret
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

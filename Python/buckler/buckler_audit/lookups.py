# SPDX-License-Identifier: Apache-2.0
"""Functions that are had otherwise than by their names: looked up by a text, called for somebody, written as a text."""
import ast

from .expressions import Expressions
from .facts import TooMuch
from .names import BESIDES, CALLERS, CODE_TEXTS, SPREADING
from .values import NONE, Value, union

#: Texts in texts that are run.
TEXT_LEVELS = 3
#: Levels of the syntax tree of a text that is run, on top of those of the source.
TEXT_DEPTH = 100


class Lookups(Expressions):
    text_level = 0

    def looked_up(self, base, name, method, arguments):
        """The function or module that a call of this name gives; None if it gives none that is known."""
        first, second = ([value for _, value in arguments] + [None, None])[:2]
        if base is not None and method in ("__getattribute__", "__getattr__") and first is not None:
            owner, key = (base, first) if second is None else (first, second)
            return self.attribute(owner, key.text) if key.text else None
        if base is not None and self.is_namespace(base) and method in ("get", "pop", "setdefault", "__getitem__"):
            return self.member(base.name, first) if first is not None and first.text else None
        if first is None or name is None:
            return None
        if name == "builtins.getattr" and second is not None and second.text:
            found = self.attribute(first, second.text)
            return found if found.name else None
        if name == "operator.getitem" and second is not None and second.text and self.is_namespace(first):
            return self.member(first.name, second)
        if name == "builtins.vars" and (first.name in self.modules or first.name == "builtins"):
            return Value(first.name + ".__dict__")
        return self.by_text(name, first, arguments) if first.text else self.by_key(name, first)

    def by_text(self, name, first, arguments):
        if name in ("importlib.import_module", "builtins.__import__"):
            self.modules.add(first.text)
            return Value(first.text if name.startswith("importlib") else first.text.split(".")[0])
        if name == "pkgutil.resolve_name":
            return Value(first.text.replace(":", "."))
        if name in ("operator.attrgetter", "operator.itemgetter", "operator.methodcaller"):
            found = union([value for _, value in arguments])
            found.name, found.call = name + ":" + first.text, arguments[1:]
            return found
        return None

    def by_key(self, name, first):
        """What `operator.attrgetter("system")`, and what is like it, gives of something."""
        maker, _, text = name.partition(":")
        if maker == "operator.attrgetter" and text:
            return self.attribute(first, text)
        if maker == "operator.itemgetter" and text and self.is_namespace(first):
            return self.member(first.name, Value(const=text))
        return None

    def through(self, called, arguments):
        """What is called in the end, and with what: `operator.methodcaller("system", "x")(os)` is `os.system("x")`."""
        maker, _, text = (called.name or "").partition(":")
        if maker == "operator.methodcaller" and text and arguments:
            return self.attribute(arguments[0][1], text), (called.call or []) + arguments[1:]
        if called.name == "operator.call" and arguments:
            return arguments[0][1], arguments[1:]
        return called, arguments

    def handed(self, node, name, arguments, receiver):
        """What is given to something that calls it, as `threading.Thread` does, is called too."""
        method = name.rpartition(".")[2]
        if method not in CALLERS and name not in CALLERS:
            return
        for index, (keyword, value) in enumerate(arguments[:8]):
            if not self.is_known(value) or keyword not in (None, "target", "func", "function", "action"):
                continue
            rest = [pair for pair in arguments[index + 1:] if pair[0] not in BESIDES]
            if method in SPREADING:
                rest = [(None, item) for _, whole in rest for item in whole.items or [whole]]
            for each in [value.name, *sorted(value.also)]:
                self.facts.call(node, each, [(None, item) for _, item in value.bound or []] + rest, NONE, self.context)
            return

    def is_known(self, value):
        """Whether it is a function of Python's own, or of a module."""
        root, dot, _ = (value.name or "").partition(".")
        return bool(dot) and (root == "builtins" or root in self.modules) and not value.name.endswith(")")

    def decorated(self, nodes, values):
        """`@exec` calls `exec` with what stands beneath it."""
        beneath = Value()
        for node, value in reversed(list(zip(nodes, values))):
            if self.is_known(value):
                self.facts.call(node, value.name, [(None, beneath)], NONE, self.context)
            beneath = union([value, beneath])
            beneath.name = value.name + "()" if value.name and len(value.name) < 200 else None

    def texts_run(self, node, name, arguments):
        """A text that the source itself holds, and runs, says what it does as the source does."""
        for keyword, position in CODE_TEXTS.get(name, ()):
            placed = [value for key, value in arguments if key is None][position:position + 1]
            given = [value for key, value in arguments if key == keyword] or placed
            if given and given[0].text and self.text_level < TEXT_LEVELS:
                self.run_text(node, given[0].text)

    def run_text(self, node, text):
        self.spend(len(text))
        try:
            tree = ast.parse(text.lstrip(" \t"))
        except (SyntaxError, ValueError, UnicodeError):
            # It runs no more than it can be read.
            return
        depth, level = 0, [tree]
        while level:
            self.spend(len(level))
            depth += 1
            if depth > TEXT_DEPTH:
                raise TooMuch("a text that it runs nests too deep")
            for each in level:
                for place in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
                    setattr(each, place, getattr(node, place))
            level = [child for each in level for child in ast.iter_child_nodes(each)]
        self.text_level += 1
        self.block(tree.body)
        self.text_level -= 1

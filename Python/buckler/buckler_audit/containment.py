# SPDX-License-Identifier: Apache-2.0
"""Whether a path lies where it may: what has to be asked of it so that it is no longer its sender's choice."""
import ast
import re

from .calls import Calls
from .names import FLUENT_PATHS

#: What takes `..` out of a path. `absolute()` does not.
RESOLVING = ("os.path.realpath", "os.path.abspath", "os.path.normpath")
RESOLVED = tuple(name + "()" for name in RESOLVING) + (".resolve()",)
#: What is the same path in another form.
WRAPPING = {*RESOLVING, "builtins.str", "os.fspath", "pathlib.Path", "pathlib.PurePath"}
#: Of texts that have neither a separator nor a point in them.
WORDS = {"isalnum", "isalpha", "isdigit", "isdecimal", "isnumeric", "isidentifier"}
SEPARATORS = {"os.sep", "os.path.sep"}
#: What lists names as they are, and not a text that may hold a part of one.
LISTING = re.compile(r"^(os\.listdir|.*\.keys)\(\)$")


class Containment(Calls):
    def contained(self, path):
        """A path that has been found to lie beneath another, or anything else that is free no more."""
        key = self.key_of(path)
        if key in self.env:
            self.clean(key)

    #: While it is looked for what several conditions say alike: variables, and what they were before each.
    narrowed = None

    def clean(self, key):
        before = self.env[key]
        if before.taint and self.narrowed is not None:
            self.narrowed.setdefault(key, before)
        self.env[key] = before.clean()

    def resolved(self, node):
        """The variable that a path is made of; None if that path may still lead up and out."""
        is_resolved = False
        while isinstance(node, ast.Call):
            method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = self.resolve(node.func)
            if method in ("resolve", "as_posix") and not node.args:
                node, is_resolved = node.func.value, is_resolved or method == "resolve"
            elif name in WRAPPING and len(node.args) == 1:
                node, is_resolved = node.args[0], is_resolved or name in RESOLVING
            else:
                return None
        key = self.key_of(node)
        if key not in self.env:
            return None
        known = self.env[key]
        names = [known.name or "", *known.also]
        return node if is_resolved or all(name.endswith(RESOLVED) for name in names) else None

    def beneath(self, path, base):
        """Where it was resolved, a path that lies beneath a directory of the source is free no more."""
        # Everything lies beneath the root.
        if not base.taint and not is_root(base):
            self.contained(self.resolved(path))

    def relative(self, path, base):
        """`path.is_relative_to(BASE)`: of what nobody knows how it was made, that it was resolved is believed."""
        if self.resolved(path) is not None:
            self.beneath(path, base)
        elif self.value(path).name not in FLUENT_PATHS and not base.taint and not is_root(base):
            self.contained(path)

    def asserted(self, node):
        """`path.relative_to(BASE)` raises what it does not find beneath: whether that was asked."""
        is_asked = (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "relative_to"
            and len(node.args) == 1 and not node.keywords
        )
        if not is_asked or self.resolved(node.func.value) is None:
            return False
        self.beneath(node.func.value, self.value(node.args[0]))
        return not self.value(node.func.value).taint

    def refine_call(self, test):
        name = self.resolve(test.func) or ""
        method = test.func.attr if isinstance(test.func, ast.Attribute) else ""
        if name == "builtins.isinstance" and len(test.args) == 2:
            kinds = test.args[1].elts if isinstance(test.args[1], ast.Tuple) else [test.args[1]]
            if all(self.resolve(kind) in ("builtins.int", "builtins.float", "builtins.bool") for kind in kinds):
                self.contained(test.args[0])
        elif method == "is_relative_to" and test.args:
            self.relative(test.func.value, self.value(test.args[0]))
        elif method in WORDS and not test.args:
            self.contained(without_parts(test.func.value))
        elif method == "startswith" and len(test.args) == 1:
            base = self.value(test.args[0])
            if ends_in_separator(base):
                self.beneath(test.func.value, base)
        elif name.endswith("fullmatch") and test.args:
            pattern = test.args[0].value if len(test.args) == 2 and isinstance(test.args[0], ast.Constant) else ""
            # What matches anything has checked nothing.
            if "." not in str(pattern).replace("\\.", ""):
                self.contained(test.args[-1])


def is_root(base):
    return base.text is not None and not base.text.strip("/")


def ends_in_separator(base):
    """Of a text that others are to begin with, whether it ends where a name of a directory does."""
    if base.items and base.keys is None:
        return all(ends_in_separator(item) and not is_root(item) for item in base.items)
    if base.text is not None or not base.call:
        return (base.text or "").endswith("/")
    last, name = base.call[-1][1], base.name or ""
    if name == "os.path.join()":
        return last.text is not None and (not last.text or last.text.endswith("/"))
    # What a sum or an f-string is made of; of another call, or of one of its results, these are its arguments.
    return not name.endswith((")", "]")) and (last.name in SEPARATORS or (last.text or "").endswith("/"))


def without_parts(node):
    """`name` of `name.replace("-", "")`: what is left tells of the rest, unless parts of paths were taken out."""
    while (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "replace"
        and len(node.args) == 2 and isinstance(node.args[0], ast.Constant)
        and not set(str(node.args[0].value)) & set("./\\")
    ):
        node = node.func.value
    return node

# SPDX-License-Identifier: Apache-2.0
"""Comparisons: of keys, of what may be empty, and of parts only."""
import ast

from .displays import Displays
from .names import ENVIRON, KEYS_NAME, KEY_NAME, SECRET_NAME, SEEKING
from .values import UNKNOWN, union


class Comparisons(Displays):
    """A part of Expressions, which gives the values of what is compared."""

    def value_Compare(self, node):
        values = [self.value(part) for part in [node.left, *node.comparators]]
        for index, operator in enumerate(node.ops):
            left, right = values[index], values[index + 1]
            self.compared(node, operator, left, right, node.comparators[index])
            if isinstance(operator, (ast.Eq, ast.NotEq)):
                self.cut_compared(node, [left, right])
        self.sought(node, values[0], values[1])
        new = union(values).clean()
        new.secret = None
        return new

    def compared(self, node, operator, left, right, right_node):
        if isinstance(operator, (ast.In, ast.NotIn)) and right.empties is not None and not self.is_not_empty(node.left):
            split, variable = right.empties
            if KEYS_NAME.search(variable) or KEYS_NAME.search(self.words(node.left)):
                self.facts.add("empties", split, {"n": variable[:100]})
        is_text = right.secret and (right.name == "os.environ[]" or right.name in ENVIRON)
        if is_text and isinstance(operator, (ast.In, ast.NotIn)) and left.const is UNKNOWN:
            self.facts.add("guards", node, {"n": "part", "f": self.context.function, "w": right.secret[:100]})
        names = [side.name or "" for side in (left, right)]
        words = [self.words(node.left), self.words(right_node)]
        if any(KEY_NAME.search(word) for word in words) and isinstance(operator, (ast.Eq, ast.NotEq)):
            is_constant = left.const is not UNKNOWN or right.const is not UNKNOWN
            fact = {"x": words[0][:100], "y": words[1][:100], "q": is_constant, "n": names[0][:100]}
            self.facts.add("compares", node, {"o": type(operator).__name__, **fact})

    def is_not_empty(self, node):
        return isinstance(node, ast.Name) and node.id in self.context.not_empty

    def words(self, node):
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.Attribute):
            return node.attr
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            return str(node.slice.value)
        if isinstance(node, ast.Call):
            first = node.args[0] if node.args else None
            return str(first.value) if isinstance(first, ast.Constant) else self.words(node.func)
        return ""

    def cut_of(self, node, base):
        """The name of the key of which a slice is the first or last letters; `[7:]` and `[:-1]` take some off."""
        name = base.secret or self.words(node.value)
        is_cut = is_below_zero(node.slice.lower) or not (node.slice.upper is None or is_below_zero(node.slice.upper))
        return name if is_cut and not base.taint and SECRET_NAME.fullmatch(name) else None

    def cut_compared(self, node, values):
        """A key of which some letters only are compared with what was sent."""
        cut = next((value.cut for value in values if value.cut), None)
        if cut and any(value.taint for value in values):
            self.facts.add("guards", node, {"n": "cut", "f": self.context.function, "w": cut[:100]})

    def sought(self, node, found, limit):
        """`API_KEY.find(sent) == -1`, which finds an empty text as well."""
        call = node.left
        is_seeking = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in SEEKING
        if not is_seeking or limit.const not in (-1, 0) or not found.call:
            return
        base, sent = found.call[0][1], [value for _, value in found.call[1:2]]
        if sent and sent[0].taint and not base.taint:
            name = base.secret or self.words(call.func.value)
            self.facts.add("guards", node, {"n": "part", "f": self.context.function, "w": name[:100]})


def is_below_zero(node):
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)

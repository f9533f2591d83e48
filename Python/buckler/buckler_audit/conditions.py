# SPDX-License-Identifier: Apache-2.0
"""Conditions: what they say has been checked, and what they leave to be chosen."""
import ast

from .containment import LISTING, Containment
from .values import Value, union


class Conditions(Containment):
    def condition(self, test, decides):
        if isinstance(test, ast.BoolOp):
            # `not key or key not in keys`: by then the key is not empty.
            kept = set(self.context.not_empty)
            values = []
            for part in test.values:
                values.append(self.condition(part, decides))
                named = self.negated(part) if isinstance(test.op, ast.Or) else part
                if isinstance(named, ast.Name):
                    self.context.not_empty.add(named.id)
            self.context.not_empty = kept
            return union(values)
        value = self.value(test)
        if decides:
            self.context.checked |= value.origin
            self.context.sized |= value.sized
        return value

    def negated(self, test):
        return test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else None

    def refine(self, test, holds):
        """What a condition leaves to be chosen, where it holds or does not."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            self.refine(test.operand, not holds)
        elif isinstance(test, ast.BoolOp):
            self.refine_all(test.values, holds, isinstance(test.op, ast.And) == holds)
        elif isinstance(test, ast.Compare) and len(test.ops) == 1:
            operator, right = test.ops[0], test.comparators[0]
            if isinstance(operator, (ast.In, ast.Eq) if holds else (ast.NotIn, ast.NotEq)):
                self.narrow(test.left, right, by_membership=isinstance(operator, (ast.In, ast.NotIn)))
        elif isinstance(test, ast.Call) and holds:
            self.refine_call(test)
        elif isinstance(test, ast.Name) and holds:
            self.context.not_empty.add(test.id)

    def refine_all(self, parts, holds, together):
        """Several conditions of which each holds, or does not; if not together, one of them, whichever that is."""
        if together:
            for part in parts:
                self.refine(part, holds)
            return
        kept, outer, common = set(self.context.not_empty), self.narrowed, None
        for part in parts:
            self.narrowed = {}
            self.refine(part, holds)
            self.env.update(self.narrowed)
            common = self.narrowed.keys() & common if common is not None else self.narrowed.keys()
        self.narrowed, self.context.not_empty = outer, kept
        for key in common or ():
            self.clean(key)

    def narrow(self, left, right, by_membership):
        if isinstance(left, ast.Call) and self.resolve(left.func) == "os.path.commonpath" and not by_membership:
            for item in [part for argument in left.args for part in getattr(argument, "elts", [])]:
                self.contained(item)
        if by_membership and isinstance(right, ast.Attribute) and right.attr == "parents":
            return self.beneath(right.value, self.value(left))
        if self.key_of(left) not in self.env:
            return
        other = self.compared_with(right)
        # A text that is part of another is not one of several.
        if other is None or other.taint or (by_membership and other.text is not None):
            return
        self.contained(left)

    def compared_with(self, node):
        """What something is found to be equal to, or in; None for what tells nothing by that."""
        if self.resolve(node) is not None:
            return self.value(node)
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return self.sequence(node)
        if isinstance(node, ast.Call):
            value = self.value(node)
            return value if LISTING.match(value.name or "") else None
        return Value(const=node.value) if isinstance(node, ast.Constant) else None

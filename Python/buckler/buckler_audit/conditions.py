# SPDX-License-Identifier: Apache-2.0
"""Conditions: what they say has been checked, and what they leave to be chosen."""
import ast

from .calls import Calls
from .values import Value, union


class Conditions(Calls):
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
            if isinstance(test.op, ast.And) == holds:
                for part in test.values:
                    self.refine(part, holds)
        elif isinstance(test, ast.Compare) and len(test.ops) == 1:
            operator, right = test.ops[0], test.comparators[0]
            if isinstance(operator, (ast.In, ast.Eq) if holds else (ast.NotIn, ast.NotEq)):
                self.narrow(test.left, right, by_membership=isinstance(operator, (ast.In, ast.NotIn)))
        elif isinstance(test, ast.Call) and holds:
            self.refine_call(test)
        elif isinstance(test, ast.Name) and holds:
            self.context.not_empty.add(test.id)

    def narrow(self, left, right, by_membership):
        if isinstance(left, ast.Call) and self.resolve(left.func) == "os.path.commonpath" and not by_membership:
            for item in [part for argument in left.args for part in getattr(argument, "elts", [])]:
                self.contained(item)
        if self.key_of(left) not in self.env:
            return
        other = self.value(right) if self.resolve(right) is not None else None
        if other is None:
            other = self.sequence(right) if isinstance(right, (ast.List, ast.Tuple, ast.Set)) else (
                Value(const=right.value) if isinstance(right, ast.Constant) else None
            )
        # A text that is part of another is not one of several.
        if other is None or other.taint or (by_membership and other.text is not None):
            return
        self.contained(left)

    def contained(self, path):
        """A path that has been found to lie beneath another, or anything else that is free no more."""
        key = self.key_of(path)
        if key in self.env:
            self.env[key] = self.env[key].clean()

    def refine_call(self, test):
        name = self.resolve(test.func) or ""
        subject = test.args[0] if test.args else None
        if name == "builtins.isinstance" and len(test.args) == 2:
            kinds = test.args[1].elts if isinstance(test.args[1], ast.Tuple) else [test.args[1]]
            if all(self.resolve(kind) in ("builtins.int", "builtins.float", "builtins.bool") for kind in kinds):
                self.contained(subject)
        elif name.endswith(".is_relative_to"):
            self.contained(test.func.value)
        elif name.endswith("fullmatch") and test.args:
            pattern = test.args[0].value if len(test.args) == 2 and isinstance(test.args[0], ast.Constant) else ""
            subject = test.args[-1]
            # What matches anything has checked nothing.
            if "." not in str(pattern).replace("\\.", ""):
                self.contained(subject)

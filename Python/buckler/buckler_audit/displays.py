# SPDX-License-Identifier: Apache-2.0
"""Lists, tuples, sets, dictionaries and comprehensions: what they hold, as far as that can be told."""
import ast

from .names import KEY_NAME
from .servers import is_upload
from .values import ITEM_LIMIT, one_of, union


class Displays:
    """A part of Expressions, which gives the values of what is in them."""

    def sequence(self, node):
        items = [self.value(item) for item in node.elts]
        new = union(items)
        new.items = items[:ITEM_LIMIT]
        return new

    value_List = value_Tuple = value_Set = sequence

    def value_Dict(self, node):
        keys, items, all_values = [], [], []
        for key_node, value_node in zip(node.keys, node.values):
            value = self.value(value_node)
            all_values.append(value)
            if key_node is not None:
                key = self.value(key_node)
                all_values.append(key)
                self.named_text(key.text, value, value_node)
                keys.append(key.text)
                items.append(value)
            elif value.keys:
                # `{**other, "a": 1}`
                keys += value.keys
                items += value.items
        return self.dictionary(union(all_values), keys, items)

    def dictionary(self, value, keys, items):
        value.items, value.keys = items[:ITEM_LIMIT], keys[:ITEM_LIMIT]
        return value

    def named_text(self, name, value, node):
        if name and value.text and KEY_NAME.search(name) and isinstance(node, (ast.Constant, ast.JoinedStr)):
            self.facts.add("texts", node, {"n": name[:100], "s": value.text[:300]})

    def comprehension(self, node):
        kept, self.env = self.env, dict(self.env)
        self.spend(len(kept))
        source, is_filtered = None, False
        for generator in node.generators:
            iterated = self.value(generator.iter)
            source = source or iterated
            self.bind(generator.target, self.element(iterated))
            for test in generator.ifs:
                is_filtered = True
                self.condition(test, decides=True)
                self.refine(test, True)
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        new = union([self.value(part) for part in parts])
        if source is not None and source.empties is not None and not is_filtered:
            new.empties = source.empties
        if source is not None and source.secret and any(self.keeps_empty(each) for each in node.generators):
            self.facts.add("empties", node, {"n": source.secret[:100]})
        self.env = kept
        return new

    value_ListComp = value_SetComp = value_GeneratorExp = value_DictComp = comprehension

    def keeps_empty(self, generator):
        """`if len(key) <= 32`, and nothing that leaves out a text without letters."""
        def bounds_from_above(test):
            return (
                isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.Lt, ast.LtE))
                and isinstance(test.left, ast.Call) and self.resolve(test.left.func) == "builtins.len"
                and isinstance(test.comparators[0], ast.Constant)
            )

        return bool(generator.ifs) and all(bounds_from_above(test) for test in generator.ifs)

    def element(self, iterated):
        new = union([iterated])
        if is_upload(iterated.name or ""):
            new.name = iterated.name
        if iterated.items:
            self.spend(len(iterated.items))
            first = one_of(iterated.items)
            new.name, new.const, new.also, new.bound = first.name, first.const, first.also, first.bound
        return new

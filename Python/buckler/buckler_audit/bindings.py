# SPDX-License-Identifier: Apache-2.0
"""Names that a source gives: imports, assignments, and settings among them."""
import ast

from .functions import Functions
from .values import NONE, Value, union

#: Attributes that turn a guard off, or set how strong it is.
SETTINGS = {"verify_mode", "check_hostname", "minimum_version", "verify", "disabled", "trust_remote_code",
            "_create_default_https_context"}
#: Variables of the environment that say where code is looked for.
SEARCHED = {"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "LD_LIBRARY_PATH", "LD_PRELOAD", "PATH"}


class Bindings(Functions):
    def do_Import(self, node):
        for alias in node.names:
            self.facts.imports.add(alias.name)
            self.modules.update((alias.name, alias.name.split(".")[0]))
            if alias.asname:
                self.env[alias.asname] = Value(alias.name)
            else:
                self.env[alias.name.split(".")[0]] = Value(alias.name.split(".")[0])

    def do_ImportFrom(self, node):
        module = "." * node.level + (node.module or "")
        self.facts.imports.add(module)
        for alias in node.names:
            if alias.name == "*":
                self.stars.append(module)
            else:
                full = (module + "." if not module.endswith(".") else module) + alias.name
                self.modules.add(full)
                self.env[alias.asname or alias.name] = Value(full)

    def bind(self, target, value):
        if isinstance(target, ast.Name):
            new = value if value.name else value.copy()
            # A name of our own is worth nothing to whoever looks for what is called.
            if new.name is None:
                new.name = target.id if not new.items and new.text is None else None
            self.env[target.id] = new
            # pydantic's `class Config: extra = "allow"`.
            if target.id == "extra" and self.owner_env is self.env and self.owner.name == "Config":
                self.setting(target, "Config.extra", value)
        elif isinstance(target, ast.Attribute):
            base = self.value(target.value)
            if base.name == "self" and self.context.attributes is not None:
                self.env["self." + target.attr] = value
                known = value.copy()
                # Not what one function was given, but what all find.
                known.taint = known.origin = known.sized = NONE
                self.context.attributes[target.attr] = known
            if target.attr in SETTINGS or (base.name, target.attr) == ("sys", "path"):
                self.setting(target, f"{base.name or self.words(target.value)}.{target.attr}", value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for index, item in enumerate(target.elts):
                part = value.items[index] if value.items and index < len(value.items) else union([value])
                if (value.name or "").endswith("split()"):
                    # Like `x.split(".")[1]`, under a name of its own.
                    part.call = [(None, Value(value.name + "[]", taint=value.taint)), *value.call]
                self.bind(item.value if isinstance(item, ast.Starred) else item, part)
        elif isinstance(target, ast.Subscript):
            base = self.value(target.value)
            index = self.value(target.slice)
            if base.name == "sys.path" or (base.name == "os.environ" and index.text in SEARCHED):
                self.setting(target, f"{base.name}.{index.text}" if index.text else base.name, value)
            if isinstance(target.value, ast.Name):
                new = base.merged(Value(base.name, taint=value.taint, origin=value.origin))
                if base.keys is not None and index.text is not None:
                    self.dictionary(new, [*base.keys, index.text], [*base.items, value])
                self.env[target.value.id] = new

    def setting(self, node, name, value):
        self.facts.add("sets", node, {"n": name[:200], "a": self.facts.arguments([(None, value)])})

    def do_Assign(self, node):
        value = self.value(node.value)
        if self.asserted(node.value):
            value = value.clean()
        for target in node.targets:
            self.bind(target, value)
            self.named_text(self.words(target), value, node.value)

    def do_AnnAssign(self, node):
        if node.value is not None:
            value = self.value(node.value)
            self.bind(node.target, value)
            self.named_text(self.words(node.target), value, node.value)

    def do_AugAssign(self, node):
        value = self.value(node.value)
        if isinstance(node.target, ast.Name):
            before = self.lookup(node.target.id)
            if before.text is not None and value.text is not None and isinstance(node.op, ast.Add):
                self.bind(node.target, Value(const=(before.text + value.text)[:1000]))
            else:
                new = union([before, value])
                new.call = [(None, before), (None, value)]
                self.bind(node.target, new)
        elif isinstance(node.target, ast.Attribute) and self.resolve(node.target) == "sys.path":
            self.setting(node.target, "sys.path", value)

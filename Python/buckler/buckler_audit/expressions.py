# SPDX-License-Identifier: Apache-2.0
"""What an expression is, as far as that can be told; every call in it is reported on the way."""
import ast

from .comparisons import Comparisons
from .facts import TooMuch
from .handlers import CONTEXT
from .names import BUILTINS, KEY_NAME, PATH, SECRET_NAME, SECRET_TEXT, SIZES, STARRED
from .servers import UPLOADER, is_written_text
from .values import NONE, UNKNOWN, Value, one_of, union


#: What holds functions and modules by their names.
NAMESPACES = {"builtins", "builtins.globals()", "builtins.locals()", "builtins.vars()", "sys.modules"}


class Expressions(Comparisons):
    """What Flow knows while it goes through statements: `env` the names of the function, `outer` those around it."""

    def spend(self, amount=1):
        self.budget -= amount
        if self.budget < 0:
            raise TooMuch("it takes too long to follow")

    def resolve(self, node):
        """The name of a name or attribute, without reporting anything."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        root = self.lookup(node.id)
        return ".".join([root.name or node.id, *reversed(parts)])

    def lookup(self, name):
        for names in (self.env, *self.outer):
            found = names.get(name)
            if found is not None:
                return found
        if name in BUILTINS or name == "__builtins__":
            return Value("builtins" if name == "__builtins__" else "builtins." + name)
        for module in self.stars:
            if name in STARRED.get(module, ()):
                return Value(module + "." + name)
        return Value(name)

    def key_of(self, node):
        """Under which key of `env` a variable, or a field of `self`, is known; None for anything else."""
        if isinstance(node, ast.Name):
            return node.id
        is_field = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
        return "self." + node.attr if is_field else None

    def value(self, node):
        if node is None:
            return Value(const=None)
        self.spend()
        method = getattr(self, "value_" + type(node).__name__, None)
        if method is not None:
            return method(node)
        return union([self.value(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)])

    def value_Constant(self, node):
        if isinstance(node.value, str) and SECRET_TEXT.search(node.value[:200]):
            self.facts.add("texts", node, {"n": "", "s": node.value[:300]})
        if isinstance(node.value, (str, int, float, bool, type(None))):
            return Value(const=node.value)
        return Value(const=node.value.decode("latin-1")) if isinstance(node.value, bytes) else Value()

    def value_Name(self, node):
        return self.secretive(self.lookup(node.id), node.id)

    def secretive(self, value, name):
        """The same, of which it is known to be a secret, if its name says so and nobody wrote it into the source."""
        if value.secret or value.const is not UNKNOWN or value.function or not SECRET_NAME.fullmatch(name):
            return value
        new = value.copy()
        new.secret = name
        return new

    def value_Attribute(self, node):
        return self.secretive(self.attribute(self.value(node.value), node.attr), node.attr)

    def attribute(self, base, name):
        if name == "__call__":
            return base
        if name == "__dict__":
            return Value(base.name + ".__dict__") if base.name in self.modules or base.name == "builtins" else base
        if name in ("__globals__", "f_globals"):
            return Value("builtins.globals()")
        if name in ("__builtins__", "f_builtins"):
            return Value("builtins")
        if base.name == "self" and self.context.attributes is not None:
            # What this function has set itself is known better than what all find.
            known = self.env.get("self." + name) or self.context.attributes.get(name)
            if known is not None:
                return known
        full = base.name + "." + name if base.name else None
        new = Value(full, taint=base.taint, origin=base.origin)
        new.also = frozenset(each + "." + name for each in base.also)
        # A method's name picks nothing yet: `x.values()` is all of it.
        new.picked = base.picked
        if name in SIZES:
            new.taint, new.sized = NONE, base.origin
        if full and full.startswith("flask.request."):
            new.taint = new.origin = frozenset(["request"])
        if full and (is_written_text(full) or full == UPLOADER + ".name"):
            new.taint = new.origin = frozenset([full.replace("streamlit", "st").replace("()", "")])
        if full == CONTEXT + ".request":
            new.taint = new.origin = frozenset(["ctx.request"])
        return new

    def value_Subscript(self, node):
        base, index = self.value(node.value), self.value(node.slice)
        if self.is_reversal(node.slice) and base.text is not None:
            return Value(const=base.text[::-1])
        if self.is_namespace(base) or (base.name in self.modules and index.text):
            return self.member(base.name, index)
        if base.items and not isinstance(node.slice, ast.Slice):
            return self.item(base, index)
        if (base.name or "").endswith("headers") and index.text:
            # One header, taken as `get` takes it.
            self.facts.call(node, base.name + ".__getitem__", [(None, index)], base.taint, self.context)
        new = union([base, index])
        if index.const is not UNKNOWN:
            new.picked |= base.origin
        # Who chooses one of several things that are fixed has not chosen what they are.
        new.taint, new.sized, new.name = base.taint, base.sized, base.name + "[]" if base.name else None
        if isinstance(node.slice, ast.Slice):
            new.cut = self.cut_of(node, base)
            # The first letters of a key tell which it is, and not what it is.
            new.secret = None
        elif (base.name or "").endswith("split()"):
            new.call = base.call
        if base.name == "os.environ" and index.text and KEY_NAME.search(index.text):
            new.secret = index.text
        return new

    def item(self, base, index):
        """Of what is written out: by its key or number, or any of them. Whoever chooses among them made none."""
        self.spend(len(base.items))
        if base.keys is not None:
            named = [item for key, item in base.members() if key == index.text]
            return named[-1] if named and index.text is not None else one_of(base.items)
        if isinstance(index.const, int) and -len(base.items) <= index.const < len(base.items):
            return base.items[index.const]
        return one_of(base.items)

    def is_namespace(self, base):
        """Whether it holds functions and modules by their names."""
        name = base.name or ""
        return name in NAMESPACES or name.endswith(".__dict__")

    def member(self, base, index):
        if not index.text:
            return Value(base + "[]")
        if base == "builtins.globals()" or base == "builtins.locals()":
            return self.lookup(index.text)
        if base == "sys.modules":
            return Value(index.text)
        if base.endswith(".__dict__"):
            base = base[:-len(".__dict__")]
        return Value(("builtins." if base == "builtins.vars()" else base + ".") + index.text)

    def is_reversal(self, node):
        return (
            isinstance(node, ast.Slice) and node.lower is None and node.upper is None
            and isinstance(node.step, ast.UnaryOp) and isinstance(node.step.op, ast.USub)
            and isinstance(node.step.operand, ast.Constant) and node.step.operand.value == 1
        )

    def value_Slice(self, node):
        return union([self.value(part) for part in (node.lower, node.upper, node.step) if part is not None])

    def value_BinOp(self, node):
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.Add) and left.text is not None and right.text is not None:
            if len(left.text) + len(right.text) < 1000:
                return Value(const=left.text + right.text)
        new = union([left, right])
        new.call = [(None, left), (None, right)]
        # What is beneath a path that was resolved is a path that was not.
        if isinstance(node.op, ast.Div) and PATH.match(left.name or ""):
            new.name = "pathlib.Path()"
        return new

    def value_JoinedStr(self, node):
        parts = [self.value(part) for part in node.values]
        if all(part.text is not None for part in parts) and sum(len(part.text) for part in parts) < 1000:
            return Value(const="".join(part.text for part in parts))
        new = union(parts)
        # The first part tells where a path or an address leads.
        new.name = "f:" + (parts[0].text or "")[:100] if parts else None
        new.call = [(None, part) for part in parts]
        return new

    def value_FormattedValue(self, node):
        value = self.value(node.value)
        if node.format_spec is not None:
            self.value(node.format_spec)
        return value

    def value_BoolOp(self, node):
        values = [self.value(part) for part in node.values]
        result = values[0]
        for value in values[1:]:
            result = result.merged(value)
        return result

    def value_UnaryOp(self, node):
        value = self.value(node.operand)
        if isinstance(node.op, ast.USub) and type(value.const) in (int, float):
            return Value(const=-value.const)
        return union([value])

    def value_IfExp(self, node):
        self.condition(node.test, decides=True)
        return self.value(node.body).merged(self.value(node.orelse))

    def value_NamedExpr(self, node):
        value = self.value(node.value)
        self.bind(node.target, value)
        return value

    def value_Await(self, node):
        return self.value(node.value)

    def value_Starred(self, node):
        return self.value(node.value)

    def value_Yield(self, node):
        return self.value(node.value)

    def value_Lambda(self, node):
        for default in (*node.args.defaults, *node.args.kw_defaults):
            self.value(default)
        kept, self.env = self.env, dict(self.env)
        self.spend(len(kept))
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                self.env[argument.arg] = Value(argument.arg)
        result = self.value(node.body)
        self.env = kept
        new = Value(taint=result.taint, origin=result.origin)
        new.function = self.unnamed(node)
        return new

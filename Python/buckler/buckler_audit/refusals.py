# SPDX-License-Identifier: Apache-2.0
"""Whether an ASGI middleware, `__call__(self, scope, receive, send)`, stops those whom it refuses."""
import ast
import re

from .guards import last_name

#: Classes that are there to refuse somebody. `Author` and its like are not, `Authorization` is.
GUARD_NAME = re.compile(r"auth(?!or(?!i))|api_?key|jwt|rate_?limit|throttl|quota", re.I)
REFUSAL_NAME = re.compile(r"^(refuse|reject|deny|forbid|unauthori|too_many)", re.I)
#: What looks at a request, or writes of it, and refuses nobody.
LOOKING = {
    "app", "dict", "Headers", "Request", "get", "items", "decode", "lower", "strip", "str", "len", "time", "monotonic",
    "debug", "info", "warning", "error", "getLogger",
}


class Refusals:
    def __init__(self, node, spend):
        self.node = node
        self.spend = spend
        # Answers after which the application is called all the same.
        self.lost = []
        self.reaches = self.goes_on(node.body, False)

    def lets_all_in(self):
        """Whether the application is called whatever happens, and nothing is done that could refuse."""
        return self.reaches and not self.may_refuse()

    def goes_on(self, body, after):
        """Whether the application is called from here on in any case; `after` says it of what follows the block."""
        for statement in reversed(body):
            self.spend()
            if isinstance(statement, ast.If):
                ways = [self.branch(part, after) for part in (statement.body, statement.orelse)]
                after = all(ways)
            elif isinstance(statement, (ast.With, ast.AsyncWith, ast.Try)):
                after = self.goes_on(statement.body, after)
            elif isinstance(statement, (ast.Return, ast.Raise)):
                after = self.calls_app(statement)
            elif isinstance(statement, (ast.Expr, ast.Assign)):
                after = after or self.calls_app(statement)
        return after

    def branch(self, body, after):
        if after and body and not isinstance(body[-1], (ast.Return, ast.Raise, ast.Continue, ast.Break)):
            answer = self.refusal(body)
            if answer is not None:
                self.lost.append(answer)
        return self.goes_on(body, after)

    def refusal(self, body):
        """The statement of a block that sends an answer, if the block has one that refuses."""
        sending, refuses = None, False
        for statement in body:
            if not isinstance(statement, (ast.Expr, ast.Assign)):
                continue
            for node in ast.walk(statement):
                self.spend()
                if isinstance(node, ast.Constant) and type(node.value) is int and 400 <= node.value <= 599:
                    refuses = True
                elif isinstance(node, ast.Attribute) and re.match(r"HTTP_[45]\d\d_", node.attr):
                    refuses = True
                elif isinstance(node, ast.Call) and last_name(node.func) != "app" and is_given_send(node):
                    sending = statement
                    refuses = refuses or bool(REFUSAL_NAME.match(last_name(node.func)))
        return sending if refuses and isinstance(sending, ast.Expr) else None

    def calls_app(self, statement):
        for node in ast.walk(statement):
            self.spend()
            if isinstance(node, ast.Call) and last_name(node.func) == "app":
                return True
        return False

    def may_refuse(self):
        for node in (inner for statement in self.node.body for inner in ast.walk(statement)):
            self.spend()
            if isinstance(node, ast.Call) and last_name(node.func) not in LOOKING:
                return True
            if isinstance(node, (ast.Raise, ast.Assert)):
                return True
            # What is kept for others may be what they refuse by.
            if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
                return True
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                return True
            # `return` by itself is a refusal too.
            if isinstance(node, ast.Return) and not self.calls_app(node):
                return True
        return False


def is_given_send(call):
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return last_name(call.func) == "send" or any(isinstance(each, ast.Name) and each.id == "send" for each in given)

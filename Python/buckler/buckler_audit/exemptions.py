# SPDX-License-Identifier: Apache-2.0
"""Conditions of a middleware that let a request past its check because of what the request says of itself."""
import ast
import re

from .claims import NESTED, Claims
from .guards import REFUSING, is_written, last_name
from .names import KEYS_NAME
from .refusals import LOOKING

#: Those that keep a browser from being misused ask nobody who he is, and go by headers that a browser sets.
OF_BROWSERS = re.compile(r"csrf|xsrf|cors|origin", re.I)
#: Functions that say whether somebody may go on by returning.
OF_GUARDS = re.compile(r"auth(?!or(?!i))|verif|check|require|guard|protect|current_user", re.I)
PLAIN = (ast.Expr, ast.Assign, ast.AnnAssign, ast.Return, ast.Raise)


def subject_of(parameters, decorators, name):
    """
    What a middleware's function calls the request: of `dispatch(request, call_next)`, of aiohttp's
    `auth(request, handler)`, of ASGI; of what flask calls before each request, and of what is named for its check and
    given one; else None.
    """
    if parameters[-1:] in (["call_next"], ["handler"]) and len(parameters) > 1:
        return parameters[-2]
    if parameters[-3:] == ["scope", "receive", "send"]:
        return "scope"
    is_first = any(last_part(decorator) in ("before_request", "before_app_request") for decorator in decorators)
    return "request" if is_first or (OF_GUARDS.search(name) and "request" in parameters) else None


def is_bare(statement):
    """Whether it returns, and hands on nothing that may still be checked."""
    if not isinstance(statement, ast.Return):
        return False
    value = statement.value
    return value is None or (isinstance(value, ast.Constant) and bool(value.value))


def last_part(name):
    return name.removesuffix("()").rpartition(".")[2]


class Exemptions:
    def __init__(self, node, subject, owner, answers, returns):
        self.node, self.owner, self.answers = node, owner, answers
        # Whether it has nothing to hand on: who is let past finds it returning.
        self.returns = returns
        self.spend = answers.spend
        self.claims = Claims(node, subject, self.spend)

    def all(self):
        """Pairs of a condition and the claim that is enough for it."""
        if OF_BROWSERS.search(self.owner or self.node.name):
            return
        statements = [each for each in ast.walk(self.node) if isinstance(each, ast.stmt) and each is not self.node]
        refusals = [each for each in statements if isinstance(each, PLAIN) and self.refuses([each])]
        last = max((each.lineno for each in refusals), default=0)
        conditions = [each for each in statements if isinstance(each, ast.If)]
        checks = {id(each) for each in conditions if self.refuses(each.body) and self.asks_more(each.test)}
        for statement in conditions:
            claim = self.waived_by(statement, last)
            if claim is None:
                continue
            # Addresses alone may be all that a guard goes by.
            if not is_of_network(claim) or self.asks_more(statement.test) or checks - {id(statement)}:
                yield statement.test, claim

    def waived_by(self, statement, last):
        if self.goes_on(statement.body) and last > statement.body[-1].lineno:
            return self.enough(statement.test, True)
        if isinstance(statement.test, (ast.BoolOp, ast.UnaryOp)) and self.refuses(statement.body):
            claim = self.enough(statement.test, False)
            if claim is None or self.asks_more(statement.test):
                return claim
            return claim if self.checks_within(statement.body) and not KEYS_NAME.search(claim.name) else None
        return None

    def checks_within(self, body):
        """Whether a block refuses some, by more than what its own condition goes by."""
        if any(isinstance(each, PLAIN) and self.refuses([each]) for each in body):
            return False
        return any(isinstance(each, ast.If) and self.refuses(each.body) and self.asks_more(each.test) for each in body)

    def refuses(self, statements):
        return bool(self.answers.given(statements, self.owner) & REFUSING)

    def goes_on(self, body):
        """Whether a block hands the request on without another look at it."""
        for statement in body:
            if not isinstance(statement, (ast.Expr, ast.Assign, ast.AnnAssign, ast.Return)):
                return False
            names = {last_name(node.func) for node in ast.walk(statement) if isinstance(node, ast.Call)}
            self.spend(len(names) + 1)
            if names & {"call_next", "app", "handler"}:
                return True
            if names - LOOKING:
                return False
        return self.returns and is_bare(body[-1]) and all(isinstance(each, ast.Expr) for each in body[:-1])

    # What a condition goes by

    def enough(self, test, holds, level=0):
        """The claim by which alone a condition holds, or does not hold; None if there is no such claim."""
        self.spend()
        if level > NESTED:
            return None
        if isinstance(test, ast.Name):
            value = self.claims.assigned.get(test.id)
            return self.enough(value, holds, level + 1) if value is not None else None
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return self.enough(test.operand, not holds, level + 1)
        if isinstance(test, ast.BoolOp):
            claims = [self.enough(part, holds, level + 1) for part in test.values]
            # One part decides `or` that holds, and `and` that does not.
            is_enough = any if isinstance(test.op, ast.Or) == holds else all
            return next(each for each in claims if each is not None) if is_enough(claims) else None
        if isinstance(test, ast.Compare):
            return self.compared(test, holds) if len(test.ops) == 1 else None
        if isinstance(test, ast.Call) and last_name(test.func) in ("startswith", "endswith"):
            is_fixed = isinstance(test.func, ast.Attribute) and all(self.is_fixed(each) for each in test.args)
            return self.claim(test.func.value) if is_fixed and holds else None
        claim = self.claim(test) if holds else None
        # Everybody has an address and a host.
        return claim if claim is not None and claim.what not in ("address", "host") else None

    def compared(self, test, holds):
        left, operator, right = test.left, test.ops[0], test.comparators[0]
        if not isinstance(operator, (ast.Eq, ast.In) if holds else (ast.NotEq, ast.NotIn)):
            return None
        if isinstance(operator, (ast.In, ast.NotIn)) and self.is_fixed(left):
            inside = self.claims.said(right)
            if inside is not None and inside.kind == "bag":
                return self.claims.item(inside, left)
            return self.claim(right)
        for one, other in ((left, right), (right, left)):
            if self.is_fixed(other) and self.claim(one) is not None:
                return self.claim(one)
        return None

    def claim(self, node):
        said = self.claims.said(node)
        return said if said is not None and said.kind == "claim" else None

    def is_fixed(self, node):
        """Whether the source says it: a text or number, several of them, or a name at its top for one or several."""
        if isinstance(node, ast.Name):
            return node.id in self.answers.constants
        return is_written(node)

    def asks_more(self, test, level=0):
        """Whether a condition goes by something beside fixed claims and what is asked for."""
        self.spend()
        if isinstance(test, ast.UnaryOp):
            return self.asks_more(test.operand, level + 1)
        if isinstance(test, ast.BoolOp):
            return any(self.asks_more(part, level + 1) for part in test.values)
        if isinstance(test, ast.Name):
            value = self.claims.assigned.get(test.id)
            return value is None or level > NESTED or self.asks_more(value, level + 1)
        sides = [test]
        if isinstance(test, ast.Compare):
            sides = [test.left, *test.comparators]
        elif isinstance(test, ast.Call):
            sides += [test.func.value, *test.args] if isinstance(test.func, ast.Attribute) else test.args
        said = [self.claims.said(side) for side in sides]
        if any(each is not None and each.kind == "where" for each in said) or said[0] is not None and len(sides) == 1:
            return False
        # `is None` and `== ""` ask whether there is a claim at all.
        if isinstance(test, ast.Compare) and any(isinstance(side, ast.Constant) for side in sides) and any(said):
            return False
        return self.enough(test, True) is None and self.enough(test, False) is None


def is_of_network(claim):
    """Whether a guard may go by it alone: by where callers are, or by which pages a browser lets call."""
    return claim.what in ("address", "host") or claim.name.lower() in ("host", "origin", "referer")

# SPDX-License-Identifier: Apache-2.0
"""Which functions are called with what clients send, and by which of their parameters."""
import ast
import re

#: What decorates a function of a web framework, after the name of its application or router.
WEB_METHODS = {"route", "get", "post", "put", "patch", "delete", "websocket", "api_route", "head", "options"}
WEB_MAKERS = (
    "fastapi.FastAPI()", "fastapi.APIRouter()", "flask.Flask()", "flask.Blueprint()",
    "starlette.applications.Starlette()", "quart.Quart()", "sanic.Sanic()", "aiohttp.web.RouteTableDef()", "litestar",
)
WEB_NAMES = {"app", "router", "api", "application", "blueprint", "bp"}

#: Conversions that leave nothing to choose but a number or one of several names.
NARROW = {"int", "float", "bool", "complex", "Literal", "Enum", "datetime", "date", "UUID"}
#: Flask's parts of an address, `<int:n>`, and those of them that let nothing else through.
PART = re.compile(r"<(?:(\w+)(?:\([^()<>]*\))?:)?(\w+)>")
CONVERTERS = {"int", "float", "uuid"}
INJECTED = ("Depends", "Security", "BackgroundTasks")


def kind_of(decorators, name, class_name, parameters):
    """One of "legacy-api", "api", "task", "runnable", "triton", "web", "asgi"; "" if clients do not reach it."""
    for decorator in decorators:
        full = decorator.name or ""
        bare = full[:-2] if full.endswith("()") else full
        if bare in ("bentoml.api", "bentoml._internal.api"):
            return "api"
        if bare == "bentoml.task":
            return "task"
        if bare == "bentoml.Runnable.method" or bare.endswith("Runnable.method"):
            return "runnable"
        root, _, last = bare.rpartition(".")
        is_service = root.endswith("Service()") or root in ("svc", "service")
        if last == "api" and (is_service or decorator_has(decorator, "input")):
            return "legacy-api"
        if last in WEB_METHODS and (root in WEB_MAKERS or root.split(".")[-1] in WEB_NAMES):
            return "web"
    if class_name and name == "execute" and parameters[1:2] == ["requests"]:
        return "triton"
    if class_name and name == "__call__" and parameters[1:4] == ["scope", "receive", "send"]:
        return "asgi"
    return ""


def decorator_has(decorator, keyword):
    return any(key == keyword for key, _ in decorator.call or [])


def names_in(annotation, resolve):
    """The names of an annotation, outermost first, with what they were imported as."""
    if annotation is None:
        return []
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            annotation = ast.parse(annotation.value[:500], mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return []
    found, stack = [], [annotation]
    while stack and len(found) < 32:
        node = stack.pop()
        if isinstance(node, (ast.Name, ast.Attribute)):
            found.append(resolve(node))
            continue
        stack.extend(reversed(list(ast.iter_child_nodes(node))))
    return [name for name in found if name]


#: What a service's functions are given beside what is sent: its `request` alone is a client's.
CONTEXT = "bentoml.Context()"
#: What brings all of a request that came past what BentoML itself has checked.
BODIES = {f"{CONTEXT}.request.{method}()": f"ctx.request.{method}()" for method in ("json", "body", "form", "stream")}


def is_context(name, names, kind):
    """Whether a parameter is BentoML's own context."""
    if any(each in ("bentoml.Context", "bentoml._internal.context.ServiceContext") for each in names):
        return True
    return kind in ("api", "task", "legacy-api") and name in ("ctx", "context") and not names


def converted(decorators):
    """Parameters that a route's address makes numbers of, in all addresses that have them."""
    narrow, wide = set(), set()
    for decorator in decorators:
        if (decorator.name or "").removesuffix("()").rpartition(".")[2] not in WEB_METHODS:
            continue
        for keyword, value in decorator.call or []:
            if keyword in (None, "rule"):
                for converter, name in PART.findall((value.text or "")[:1000]):
                    (narrow if converter in CONVERTERS else wide).add(name)
    return narrow - wide


def is_narrow(names, default, kind):
    """Whether a parameter can bring nothing harmless code would mind."""
    # BentoML keeps what is sent in a file of its own, and hands over where.
    outer = [name for name in names if name.split(".")[-1] not in ("Annotated", "Optional", "List", "list")]
    if kind in ("api", "task") and outer and outer[0] in ("pathlib.Path", "Path"):
        return True
    if names and all(name.split(".")[-1] in NARROW | {"Optional", "Annotated", "Field", "Union"} for name in names):
        return True
    return bool(default is not None and default.name and default.name.rstrip("()").split(".")[-1] in INJECTED)

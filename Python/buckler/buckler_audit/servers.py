# SPDX-License-Identifier: Apache-2.0
"""Where other servers hand over what clients send: methods of their classes, and functions that they are told of."""
import ast

from .guards import last_name

#: Methods that are called with what clients send, by the base of their class.
SERVED = {
    "kserve.Model": {"predict", "preprocess", "postprocess", "explain"},
    "litserve.LitAPI": {"decode_request", "predict"},
    "mlflow.pyfunc.PythonModel": {"predict", "predict_stream"},
    "ts.torch_handler.base_handler.BaseHandler": {"preprocess", "inference", "handle"},
    "starlette.endpoints.HTTPEndpoint": {"get", "post", "put", "patch", "delete"},
    "flask.views.MethodView": {"get", "post", "put", "patch", "delete"},
}
SERVED["kserve.model.Model"] = SERVED["kserve.Model"]
#: What these are given of the server's own.
OWN = {"context", "ctx"}
DEPLOYED = {"ray.serve.deployment", "ray.serve.deployment()"}

#: What tells an application which function answers.
REGISTERING = {
    "add_get", "add_post", "add_put", "add_patch", "add_delete", "add_head", "add_route", "add_api_route",
    "add_websocket_route", "add_url_rule", "Route", "WebSocketRoute", "APIRoute",
}
#: By these of its keywords.
ANSWERING = {"endpoint", "handler", "view_func", "route"}
FRAMEWORKS = {"aiohttp", "fastapi", "flask", "starlette", "quart", "sanic"}
#: `aiohttp.web.get("/", answer)`
OF_AIOHTTP = {"get", "post", "put", "patch", "delete", "head", "route"}
#: gradio's, of which the first argument is called with what stands in the components that the second one names.
OF_GRADIO = {"Interface", "ChatInterface", "click", "submit", "change", "input", "blur", "load", "then", "success"}
#: Components whose text is the client's own: files are put where gradio wants them, choices are compared.
TEXTS = {"Textbox", "Text", "TextArea", "Code", "JSON", "text", "textbox", "textarea", "code", "json"}

#: streamlit's, of which the result is a text that the client writes.
WRITTEN = {"text_input", "text_area", "chat_input"}
UPLOADER = "streamlit.file_uploader()"


def is_served(name, owner, decorators):
    """Whether a server other than our own calls a method, or a decorated function, with what clients send."""
    if owner is None:
        return any(decorator.name in DEPLOYED for decorator in decorators)
    if name == "__call__" and any(decorator in DEPLOYED for decorator in owner.decorators):
        return True
    return any(name in SERVED.get(base, ()) for base in owner.bases)


def is_written_text(name):
    """Whether a result of this name is what a client of streamlit writes, or asks for in the address."""
    root, _, method = name.removesuffix("()").rpartition(".")
    is_text = method in WRITTEN and root in ("streamlit", "streamlit.sidebar") and name.endswith("()")
    return is_text or name.startswith("streamlit.query_params")


def is_upload(name):
    """Whether it is, or holds, open files of a request: their names are the client's, and not where they lie."""
    return name.startswith("flask.request.files") or name == UPLOADER


class Registered:
    """
    Functions that a source gives to a server, by whether they are methods and their names: which of their parameters
    clients fill, None for all.
    """

    def __init__(self, tree, spend):
        self.functions, self.modules = {}, set()
        self.components = {}
        calls = []
        for node in ast.walk(tree):
            spend()
            if isinstance(node, ast.Import):
                self.modules.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                self.modules.add((node.module or "").split(".")[0])
            elif isinstance(node, ast.Call):
                calls.append(node)
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                for target in node.targets:
                    self.components[last_name(target)] = last_name(node.value.func)
        for call in calls:
            self.note(call)

    def note(self, call):
        name = last_name(call.func)
        if self.modules & FRAMEWORKS and (name in REGISTERING or self.is_of_aiohttp(call, name)):
            placed = [keyword.value for keyword in call.keywords if keyword.arg in ANSWERING]
            for given in call.args + placed:
                if key_of(given) is not None:
                    self.functions[key_of(given)] = None
        elif "gradio" in self.modules and name in OF_GRADIO:
            function = argument(call, 0, "fn")
            places = {0} if name == "ChatInterface" else self.texts(argument(call, 1, "inputs"))
            if key_of(function) is not None and places:
                known = self.functions.setdefault(key_of(function), set())
                if known is not None:
                    known |= places

    def of(self, function):
        """Whether it is among them, and which of its parameters clients fill."""
        key = (function.owner is not None, function.node.name)
        return key in self.functions, self.functions.get(key)

    def is_of_aiohttp(self, call, name):
        is_web = isinstance(call.func, ast.Attribute) and last_name(call.func.value) == "web"
        return is_web and name in OF_AIOHTTP and "aiohttp" in self.modules

    def texts(self, inputs):
        """Where among the inputs a client's text stands."""
        items = inputs.elts if isinstance(inputs, (ast.List, ast.Tuple)) else [inputs]
        return {index for index, item in enumerate(items[:64]) if self.component(item) in TEXTS}

    def component(self, node):
        if isinstance(node, ast.Call):
            return last_name(node.func)
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else ""
        return self.components.get(last_name(node), "") if node is not None else ""


def key_of(node):
    """`answer` is a function, and `self.answer` a method; a variable of a method's name is something else."""
    if isinstance(node, ast.Name):
        return False, node.id
    return (True, node.attr) if isinstance(node, ast.Attribute) else None


def argument(call, position, name):
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[position] if position < len(call.args) else None

// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("What clients of other servers send")
struct PythonServerTests {
    private func findings(_ source: String) -> [Finding] {
        let result = Audit(python: PythonProgram.reader).run(MemoryTree(["app.py": Array(source.utf8)]))
        #expect(result.unreadable.isEmpty)
        return result.findings.filter { $0.rule == "BKL-P006" }
    }

    @Test(
        "is a path where it is opened",
        arguments: [
            "import kserve\nclass M(kserve.Model):\n    def predict(self, payload, headers=None):\n"
                + "        return open(payload['path']).read()\n",
            "from kserve import Model\nclass M(Model):\n    async def preprocess(self, payload, headers):\n"
                + "        return open(payload['path'])\n",
            "from ray import serve\n@serve.deployment(num_replicas=2)\nclass D:\n"
                + "    async def __call__(self, request):\n        sent = await request.json()\n"
                + "        return open(sent['path']).read()\n",
            "from ray import serve\n@serve.deployment\nasync def f(request):\n"
                + "    return open(request.query_params['p']).read()\n",
            "import gradio as gr\ndef f(path):\n    return open(path).read()\n"
                + "gr.Interface(fn=f, inputs='text', outputs='text').launch()\n",
            "import gradio as gr\ndef main():\n    with gr.Blocks():\n        image, path = gr.Image(), 1\n"
                + "        name = gr.Textbox()\n        gr.Button().click(read, [image, name], None)\n"
                + "def read(image, name):\n    return open(name).read()\n",
            "import gradio as gr\ngr.ChatInterface(fn=answer)\ndef answer(text, history):\n    open(text)\n",
            "import streamlit as st\nname = st.text_input('Name')\nprint(open(name).read())\n",
            "import streamlit as st\ndef read(name):\n    return open(name).read()\n"
                + "def main():\n    read(st.sidebar.text_input('Name'))\n",
            "import streamlit as st\nsent = st.file_uploader('File')\n"
                + "open('/srv/' + sent.name, 'wb').write(sent.getvalue())\n",
            "from aiohttp import web\nasync def f(request):\n    return web.FileResponse(request.query['p'])\n"
                + "app = web.Application()\napp.router.add_get('/', f)\n",
            "from aiohttp import web\nclass A:\n    def start(self):\n        app.add_routes([web.get('/', self.read)])\n"
                + "    async def read(self, request):\n        return web.FileResponse(request.query['p'])\n",
            "from aiohttp import web\nroutes = web.RouteTableDef()\n@routes.post('/')\nasync def f(request):\n"
                + "    sent = await request.json()\n    return web.Response(text=open(sent['p']).read())\n",
            "from starlette.routing import Route\ndef f(request):\n    return open(request.query_params['p'])\n"
                + "routes = [Route('/', f)]\n",
            "import litserve as ls\nclass A(ls.LitAPI):\n    def decode_request(self, request):\n"
                + "        return open(request['path']).read()\n",
            "import mlflow\nclass A(mlflow.pyfunc.PythonModel):\n    def predict(self, context, model_input):\n"
                + "        return open(model_input['path'][0]).read()\n",
            "from ts.torch_handler.base_handler import BaseHandler\nclass A(BaseHandler):\n"
                + "    def preprocess(self, data):\n        return open(data[0]['path'])\n",
        ]
    )
    func sent(_ source: String) {
        #expect(findings(source).map(\.severity) == [.error])
    }

    @Test(
        "is none where the server itself says where a file lies",
        arguments: [
            "import gradio as gr\nfrom PIL import Image\ndef f(path):\n    return Image.open(path)\n"
                + "gr.Interface(fn=f, inputs=gr.Image(type='filepath'), outputs='text')\n",
            "import gradio as gr\nimport pandas as pd\ndef f(file, name):\n    return pd.read_csv(file.name)\n"
                + "with gr.Blocks():\n    a = gr.File()\n    b = gr.Textbox()\n    a.upload(f, [a, b], None)\n",
            "import streamlit as st\nimport pandas as pd\npd.read_csv(st.file_uploader('File'))\n"
                + "def load(path):\n    return open(path).read()\nload('a.txt')\n",
            "import mlflow\nclass A(mlflow.pyfunc.PythonModel):\n    def predict(self, context, model_input):\n"
                + "        return open(context.artifacts['a']).read()\n",
            "import kserve\nclass M(kserve.Model):\n    def load(self, path):\n        open(path)\n",
            "from ray import serve\n@serve.deployment\nclass D:\n    def __init__(self, path):\n        open(path)\n",
            "from starlette.routing import Route\nimport functools\nclass A:\n    def start(self, name):\n"
                + "        answer = functools.partial(self.answer_by, name)\n        Route('/', answer, name=name)\n"
                + "    def answer(self, name):\n        return open(name)\n",
            "class Model:\n    def predict(self, path):\n        return open(path).read()\n",
            "import requests\ndef get(path):\n    return open(path)\nrequests.get('/', get)\n",
            "import litserve as ls\nfrom PIL import Image\nclass A(ls.LitAPI):\n    def decode_request(self, request):\n"
                + "        return Image.open(request['image'].file)\n",
        ]
    )
    func own(_ source: String) {
        #expect(findings(source).isEmpty)
    }

    @Test("is not what a library hands to the classes that it makes")
    func library() {
        let source = """
            import bentoml, importlib
            def get_runnable(bento_model):
                class Inner(bentoml.legacy.Runnable):
                    @bentoml.legacy.Runnable.method(batchable=False)
                    def replace(self, name: str):
                        return getattr(importlib.import_module(name), name)
                return Inner
            """
        let outer = source.split(separator: "\n").dropFirst(2).dropLast()
            .map { $0.dropFirst(4) }.joined(separator: "\n")
        let audit = Audit(python: PythonProgram.reader)
        let inner = audit.run(MemoryTree(["a.py": Array(source.utf8)])).findings
        #expect(!inner.contains { $0.severity == .error })
        let plain = audit.run(MemoryTree(["a.py": Array(("import bentoml, importlib\n" + outer).utf8)])).findings
        #expect(plain.contains { $0.rule == "BKL-P001" && $0.severity == .error })
    }
}

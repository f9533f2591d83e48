// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Facts of Python sources")
struct PythonFactsTests {
    @Test(
        "A call is known by its full name, however it is written",
        arguments: [
            ("from os import system as s\ns('x')", "os.system"),
            ("import os as o\no.system('x')", "os.system"),
            ("import os\ns = os.system\ns('x')", "os.system"),
            ("import importlib\nimportlib.import_module('os').system('x')", "os.system"),
            ("from importlib import import_module as i\ni('o' + 's').system('x')", "os.system"),
            ("__import__('os').system('x')", "os.system"),
            ("__builtins__['eval']('x')", "builtins.eval"),
            ("__builtins__.eval('x')", "builtins.eval"),
            ("import builtins as b\nvars(b)['ev' + 'al']('x')", "builtins.eval"),
            ("import os\nos.__dict__['system']('x')", "os.system"),
            ("import os\ngetattr(os, 'sys' + 'tem')('x')", "os.system"),
            ("import os\ngetattr(os, 'metsys'[::-1])('x')", "os.system"),
            ("import os\ngetattr(os, ''.join(['sys', 'tem']))('x')", "os.system"),
            ("import os\nname = f'sys{\"tem\"}'\ngetattr(os, name)('x')", "os.system"),
            ("import sys\nsys.modules['os'].system('x')", "os.system"),
            ("import operator, os\noperator.attrgetter('system')(os)('x')", "os.system"),
            ("from os import *\nsystem('x')", "os.system"),
            ("from os import path, system\nif a:\n    f = system\nelse:\n    f = print\nf('x')", "os.system"),
            ("class A:\n    run = __import__('os').system\n    def f(self):\n        self.run('x')", "os.system"),
            ("globals()['eval']('x')", "builtins.eval"),
            ("(lambda: __import__('os').system('x'))()", "os.system"),
            ("import os\n[os.system(c) for c in 'ab']", "os.system"),
            ("with a as b:\n  try:\n    pass\n  except E:\n    pass\n  finally:\n    eval(x)", "builtins.eval"),
            ("match a:\n  case 1:\n    eval(x)", "builtins.eval"),
            ("async def f():\n  async for a in b:\n    await eval(x)", "builtins.eval"),
            ("@eval\ndef f(): pass\nx: int = exec('a')", "builtins.exec"),
            ("def f(a=eval('1')): pass", "builtins.eval"),
            ("def f():\n    return lambda: eval('1')", "builtins.eval"),
            ("print(f'{eval(x)!r:>{exec(y)}}')", "builtins.exec"),
            ("# -*- coding: utf-7 -*-\n+AGUAdgBhAGw-(x)", "builtins.eval"),
            ("import functools, os\nfunctools.partial(os.system)('x')", "os.system"),
            ("from functools import partial as p\nimport os\np(p(os.system, 'x'))()", "os.system"),
            ("{'e': eval, 'p': print}[k]('x')", "builtins.eval"),
            ("d = {'e': eval, 'p': print}\nd.get(k, print)('x')", "builtins.eval"),
            ("d = {}\nd['e'] = eval\nd['e']('x')", "builtins.eval"),
            ("d = {'p': print, **{'e': eval}}\nd['e']('x')", "builtins.eval"),
            ("for f in {'e': eval, 'p': print}.values():\n    f('x')", "builtins.eval"),
            ("[print, eval, len][i]('x')", "builtins.eval"), ("(eval if a else print)('x')", "builtins.eval"),
            ("(print if a else eval)('x')", "builtins.eval"), ("(a or eval or print)('x')", "builtins.eval"),
            ("[f('x') for f in (print, eval, len)]", "builtins.eval"), ("eval.__call__('x')", "builtins.eval"),
            ("(e := eval)('x')", "builtins.eval"),
            ("import os\nos.__getattribute__('system')('x')", "os.system"),
            ("import os\nobject.__getattribute__(os, 'system')('x')", "os.system"),
            ("import os\nvars(os).get('system')('x')", "os.system"),
            ("import sys\nsys.modules.get('os').system('x')", "os.system"),
            ("globals()['__builtins__'].__dict__.get('exec')('x')", "builtins.exec"),
            ("import os\ndef f(): pass\nf.__globals__['os'].system('x')", "os.system"),
            ("import operator, os\noperator.methodcaller('system', 'x')(os)", "os.system"),
            ("import operator, os\noperator.itemgetter('system')(vars(os))('x')", "os.system"),
            ("import operator, os\noperator.call(os.system, 'x')", "os.system"),
            ("import pkgutil\npkgutil.resolve_name('os:system')('x')", "os.system"),
            ("import threading\nthreading.Thread(target=exec, args=(x,)).start()", "builtins.exec"),
            ("import atexit, os\natexit.register(os.system, 'x')", "os.system"),
            ("import multiprocessing as m, os\nm.Pool(1).map(os.system, ['x'])", "os.system"),
            ("@exec\n@input\nclass X: pass", "builtins.exec"), ("@eval\ndef f(): pass", "builtins.eval"),
            ("exec('import os\\nos.system(1)')", "os.system"),
            ("eval('exec(\"import os; os.system(1)\")')", "os.system"),
            ("import timeit\ntimeit.timeit('s(1)', 'from os import system as s')", "os.system"),
            ("import os, posix\nm = os if a else posix\nm.system('x')", "os.system"),
        ]
    )
    func names(_ source: String, _ name: String) throws {
        let module = try PythonProgram.module(source)
        #expect(module.calls.contains { $0.name == name }, "\(module.calls.map(\.name))")
    }

    @Test(
        "What only looks alike is something else",
        arguments: [
            "model.eval()", "import re\nre.compile('a')", "cursor.execute('select 1')",
            "import ast\nast.literal_eval(x)",
            "df.eval('a + b')", "import torch\nmodel = torch.jit.load('a')\nmodel.eval()", "'eval(x)'", "# eval(x)",
            "class A:\n    def eval(self): return 1\nA().eval()", "def eval(x): return x\neval(1)",
            "loader.exec_module(m)",
            "import subprocess as s\ns.CalledProcessError", "system('x')", "os2.system('x')", "self.system('x')",
            "{'e': eval, 'p': print}['p']('x')", "d = {'e': eval}\nd['e'] = print\nd['e']('x')",
            "[eval, print][1]('x')", "print({'e': eval}['e'])",
        ]
    )
    func lookAlikes(_ source: String) throws {
        let module = try PythonProgram.module(source)
        let dangerous: Set = ["builtins.eval", "builtins.exec", "builtins.compile", "os.system"]
        #expect(!module.calls.contains { dangerous.contains($0.name) }, "\(module.calls.map(\.name))")
    }

    @Test(
        "A secret is followed to where it is written out, unless nothing of it is told",
        arguments: [
            ("import os\nprint(os.environ['API_KEY'])", "API_KEY"),
            ("import os\nprint(f'{os.getenv(\"DB_PASSWORD\")}')", "DB_PASSWORD"),
            ("import os\nfor k in os.environ.get('API_KEYS', '').split(','):\n    print(k)", "API_KEYS"),
            ("def f(password):\n    print('is ' + password.strip())", "password"),
            ("class A:\n    def f(self):\n        print({'key': self.api_key})", "api_key"),
            ("import os\nprint(len(os.environ['API_KEY']))", nil),
            ("import os\nprint(os.environ['API_KEY'][:4])", nil),
            ("import os\nprint(os.environ['API_KEY'] == '', os.environ['HOME'])", nil),
            ("def f(password):\n    print(digest(password), has_password, API_KEY_HEADER)", nil),
            ("API_KEY = 'X-Key'\nprint(API_KEY)", nil),
        ] as [(String, String?)]
    )
    func secrets(_ source: String, _ name: String?) throws {
        let module = try PythonProgram.module(source)
        let printed = module.calls(["builtins.print"]).flatMap(\.arguments).compactMap(\.value.secret)
        #expect(printed.first == name)
    }

    @Test(
        "A middleware that never refuses a request of HTTP is told from one that does",
        arguments: [
            ("if scope['type'] != 'http':\n            REFUSE\n        await self.app(scope)", true),
            ("if not scope['type'] == 'http':\n            REFUSE\n        await self.app(scope)", true),
            ("if scope['type'] in ('', 'websocket'):\n            REFUSE\n        await self.app(scope)", true),
            ("if scope.get('type') == 'websocket' and True:\n            REFUSE\n        await self.app(scope)", false),
            ("if scope['type'] == 'http':\n            REFUSE\n        await self.app(scope)", false),
            ("if scope['type'] != 'http':\n            return await self.app(scope)\n        REFUSE", false),
            ("if scope['type'] != 'http':\n            return\n        await self.app(scope)", false),
            ("await self.app(scope)", false), ("REFUSE\n        await self.app(scope)", false),
        ]
    )
    func scopes(_ body: String, _ isFound: Bool) throws {
        let refusal = "if not self.known(scope):\n                return await self.refuse(send)"
        // One that stands in the function itself is less far in.
        let outer = "if not self.known(scope):\n            return await self.refuse(send)"
        let isInner = body.contains("            REFUSE")
        let text = body.replacing("REFUSE", with: isInner ? refusal : outer)
        let source = "class A:\n    async def __call__(self, scope, receive, send):\n        \(text)\n"
        let module = try PythonProgram.module(source)
        #expect(module.misplacedGuards.contains { $0.fault == .leavesOutHTTP } == isFound)
    }

    /// What a handler does with its parameter `x`, and whether `sink` is reached by what the client decides.
    @Test(
        "What clients send is followed to where it is used, unless it is checked",
        arguments: [
            ("open(x)", true),
            ("y = x['a']\nopen(y)", true),
            ("open(f'/data/{x}')", true),
            ("open('/data/' + x.get('name', 'a'))", true),
            ("open('/data/%s' % x)", true),
            ("open('{}'.format(x))", true),
            ("for y in x['names']:\n    open(y)", true),
            ("z = None\nfor i in range(3):\n    if z:\n        open(z)\n    z = x", true),
            ("open([y for y in x][0])", true),
            ("open(str(x).strip())", true),
            ("a, b = x\nopen(b)", true),
            ("self.path = x\nopen(x)", true),
            ("open(helper(x))", true),
            ("def inner(p):\n    open(p)\ninner(x)", true),
            ("with open(x) as f:\n    pass", true),
            ("try:\n    y = x\nexcept E:\n    y = 'a'\nopen(y)", true),
            ("if x in 'abc':\n    open(x)", true),
            ("if flag:\n    y = x\nelse:\n    y = 'a'\nopen(y)", true),
            ("if (y := x):\n    open(y)", true),
            ("if x not in ALLOWED:\n    print('no')\nopen(x)", true),
            ("if x not in ALLOWED:\n    raise ValueError\nopen(x)", false),
            ("if x in ('a', 'b'):\n    open(x)", false),
            ("if x == 'a':\n    open(x)", false),
            ("if x not in ALLOWED or y:\n    return None\nopen(x)", false),
            ("assert x in ALLOWED\nopen(x)", false),
            ("open(f'/data/{int(x)}')", false),
            ("open(f'/data/{len(x)}')", false),
            ("if isinstance(x, int):\n    open(x)", false),
            ("import re\nif not re.fullmatch('[a-z]+', x):\n    raise ValueError\nopen(x)", false),
            ("import re\nif not re.fullmatch('.*', x):\n    raise ValueError\nopen(x)", true),
            ("import os\nopen('/data/' + os.path.basename(x))", false),
            ("x = 'a'\nopen(x)", false),
            ("open(NAMES[x])", false),
            ("open('a')", false),
            ("open([y for y in x if y in ALLOWED][0])", false),
            ("from pathlib import Path\nopen(Path('/data', x))", true),
            ("from pathlib import Path\nopen(Path('/data').joinpath(x))", true),
            ("(lambda p: open(p))(x)", true),
            ("show = lambda p='a': open(p)\nshow(x)", true),
            ("a = []\na.append(x)\nopen(a[0])", true), ("a = {}\na.update(k=x)\nopen(a['k'])", true),
            ("self.a = x\nopen(self.a)", true),
            ("self.a = x\nif self.a not in ('b', 'c'):\n    raise E\nopen(self.a)", false),
            ("self.a = x\nself.a = 'b'\nopen(self.a)", false),
            ("from functools import partial\npartial(open, x)()", true),
            ("options = {'file': x}\nopen(**options)", true),
            ("open({'a': x}['a'])", true),
            ("open({'a': x, 'b': 'c'}['b'])", false),
            ("import pathlib\np = pathlib.Path('/d', x)\nif not p.is_relative_to('/d'):\n    raise E\nopen(p)", true),
            (
                "import pathlib\np = pathlib.Path('/d', x).resolve()\nif not p.is_relative_to('/d'):\n    raise E\nopen(p)",
                false
            ),
            ("import os\nif os.path.commonpath([B, x]) != B:\n    raise ValueError\nopen(x)", false),
        ]
    )
    func taint(_ body: String, _ isReached: Bool) throws {
        let lines = body.split(separator: "\n").map { "        " + $0 }.joined(separator: "\n")
        let source = """
            import bentoml
            ALLOWED = {"a", "b"}
            NAMES = {"a": "b"}
            def helper(p):
                return "/data/" + p
            class S:
                @bentoml.api
                def f(self, x: dict, y: int):
            \(lines)
            """
        let module = try PythonProgram.module(source)
        let calls = module.calls(["builtins.open"])
        #expect(!calls.isEmpty)
        #expect(calls.contains { $0.requestParameter != nil } == isReached)
    }

    @Test(
        "What is handed on whole is told from members that the source names",
        arguments: [
            ("model(x)", false), ("model(x, x['a'])", false), ("model(**x)", false), ("model(x[y])", false),
            ("model(list(x.values()))", false), ("model({'a': x})", false), ("z = x\nmodel(x['a'])\nmodel(z)", false),
            ("model(x['a'])", true), ("model(x.get('a', 1), b=x['b'])", true), ("a = x['a']\nmodel([a, 1])", true),
            ("model(x['a']['b'].strip())", true), ("model(x.get('a', x))", false),
        ]
    )
    func parts(_ body: String, _ isInPart: Bool) throws {
        let lines = body.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
        let module = try PythonProgram.module("import bentoml\n@bentoml.api\ndef f(x: dict, y: int):\n\(lines)\n")
        let parameter = try #require(module.handlers.first?.parameters.first)
        #expect(parameter.use != nil && parameter.isUsedInPart == isInPart)
    }

    @Test("BentoML chooses where files lie that are sent; a web framework's path is the client's")
    func sentFiles() throws {
        let body = "(self, path: Path):\n    return open(path).read()\n"
        let bento = try PythonProgram.module("import bentoml\nfrom pathlib import Path\n@bentoml.api\ndef f" + body)
        #expect(bento.calls(["builtins.open"]).allSatisfy { $0.requestParameter == nil })
        let web = try PythonProgram.module("from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef f" + body)
        #expect(web.calls(["builtins.open"]).contains { $0.requestParameter == "path" })
    }

    @Test(
        "A function that clients reach is known as that",
        arguments: [
            ("@svc.api(input=JSON(), output=JSON())\ndef f(x): pass", PythonHandler.Kind.legacyAPI),
            ("import bentoml\ns = bentoml.Service('a')\n@s.api(input=a)\nasync def f(x): pass", .legacyAPI),
            ("import bentoml as b\n@b.api(route='/x')\ndef f(self, x): pass", .api),
            ("from bentoml import task\n@task\ndef f(self, x): pass", .task),
            (
                "import bentoml\nclass A(bentoml.Runnable):\n  @bentoml.Runnable.method\n  def f(self, x): pass",
                .runnable
            ),
            ("class TritonPythonModel:\n  def execute(self, requests): pass", .triton),
            ("from fastapi import FastAPI\na = FastAPI()\n@a.post('/x')\ndef f(x): pass", .web),
            ("class M:\n  async def __call__(self, scope, receive, send): pass", .asgi),
        ]
    )
    func handlers(_ source: String, _ kind: PythonHandler.Kind) throws {
        #expect(try PythonProgram.module(source).handlers.map(\.kind) == [kind])
    }

    @Test("Places are counted in scalars, from 1")
    func places() throws {
        let module = try PythonProgram.module("x = 1\ny = 'äö😀'; eval(y)\n")
        let call = try #require(module.calls(["builtins.eval"]).first)
        #expect(call.place == Place("m.py", line: 2, column: 12, length: 7))
        let bom = try PythonProgram.module("\u{FEFF}eval(y)\n")
        #expect(bom.calls(["builtins.eval"]).first?.place == Place("m.py", line: 1, column: 1, length: 7))
    }
}

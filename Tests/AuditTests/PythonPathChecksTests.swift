// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Checks of a path that a client chooses")
struct PythonPathChecksTests {
    private static let flask = """
        import os, re, sys
        from pathlib import Path
        import flask
        from flask import Flask, request, abort, send_from_directory
        app = Flask(__name__)
        BASE = "/srv/up"
        DIR = Path("/srv/up").resolve()
        NAME = re.compile(r"[a-z]+")
        SAFE = re.compile(r"[^a-z0-9]+")
        @app.route("/x/<name>")
        def f(name):

        """

    private static let fastAPI = """
        import os, re
        from enum import Enum
        from pathlib import Path
        from fastapi import FastAPI, HTTPException
        app = FastAPI()
        BASE = Path("/srv/up").resolve()
        class Model(str, Enum):
            a = "a.txt"
        class Other(Model):
            b = "b.txt"
        class Not(str):
            pass
        @app.get("/x")
        def f(name: str, kind: Model, other: Other, plain: Not):

        """

    /// What comes again and again in the bodies.
    private static let phrases = [
        ("OPEN", "return open('/srv/' + name).read()"),
        ("REAL ", "p = os.path.realpath(os.path.join(BASE, name))\nif not "),
        ("RESOLVED", "p = (BASE / name).resolve()"),
    ]

    private func findings(_ source: String) -> [Finding] {
        let result = Audit(python: PythonProgram.reader).run(MemoryTree(["app.py": Array(source.utf8)]))
        #expect(result.unreadable.isEmpty)
        return result.findings.filter { $0.rule == "BKL-P006" }
    }

    private func source(_ beginning: String, _ body: String, read: String, refuse: String) -> String {
        let phrases = Self.phrases + [("READ", read), ("REFUSE", refuse)]
        let whole = phrases.reduce(body) { $0.replacing($1.0, with: $1.1) }
        return beginning + whole.split(separator: "\n").map { "    \($0)\n" }.joined()
    }

    private func flask(_ body: String) -> [Finding] {
        findings(source(Self.flask, body, read: "return open(p).read()", refuse: "abort(400)"))
    }

    private func fastAPI(_ body: String) -> [Finding] {
        findings(source(Self.fastAPI, body, read: "return p.read_text()", refuse: "raise HTTPException(400)"))
    }

    @Test(
        "A route of numbers lets no path through",
        arguments: [
            ("<int:name>", false), ("<float(min=1):name>", false), ("<uuid:name>", false), ("<name>", true),
            ("<path:name>", true), ("<string:name>", true), ("<int:n>/<name>", true), ("<int:n>/<int:name>", false),
        ]
    )
    func routes(_ part: String, _ isFound: Bool) {
        let source = Self.flask.replacing("<name>", with: part) + "    return open(f'/srv/{name}').read()\n"
        #expect(findings(source).isEmpty == !isFound)
    }

    @Test("A parameter that one of several routes leaves free is free")
    func twoRoutes() {
        let two = "@app.route('/x/<int:name>')\n@app.route('/y/<name>')"
        let source = Self.flask.replacing("@app.route(\"/x/<name>\")", with: two) + "    return open(name)\n"
        #expect(findings(source).count == 1)
    }

    @Test(
        "leave nothing to choose in Flask",
        arguments: [
            "return send_from_directory('/srv/static', name)",
            "if not NAME.fullmatch(name): REFUSE\nOPEN",
            "if not NAME.fullmatch(name): flask.REFUSE\nOPEN",
            "if not NAME.fullmatch(name): sys.exit(1)\nOPEN",
            "if not NAME.fullmatch(name): os._exit(1)\nOPEN",
            "if NAME.fullmatch(name): pass\nelse:\n    print(name)\n    REFUSE\nOPEN",
            "if not name.isalnum(): REFUSE\nOPEN",
            "if not name.isalpha(): REFUSE\nOPEN",
            "if not name.isdigit(): REFUSE\nOPEN",
            "if not name.isdecimal(): REFUSE\nOPEN",
            "if not name.isnumeric(): REFUSE\nOPEN",
            "if not name.isidentifier(): REFUSE\nOPEN",
            "if not name.replace('-', '').replace('_', '').isalnum(): REFUSE\nOPEN",
            "REAL p.startswith(\"/srv/up\" + os.sep): REFUSE\nREAD",
            "REAL p.startswith(BASE + os.sep): REFUSE\nREAD",
            "REAL p.startswith(os.path.join(BASE, \"\")): REFUSE\nREAD",
            "REAL p.startswith(f\"{BASE}/\"): REFUSE\nREAD",
            "REAL p.startswith(f\"{BASE}{os.sep}\"): REFUSE\nREAD",
            "REAL p.startswith(BASE + \"/\"): REFUSE\nREAD",
            "REAL p.startswith(\"/srv/up/\"): REFUSE\nREAD",
            "REAL p.startswith(str(DIR) + os.sep): REFUSE\nREAD",
            "REAL p.startswith(os.path.realpath(BASE) + os.sep): REFUSE\nREAD",
            "p = os.path.join(BASE, name)\nif not os.path.realpath(p).startswith(BASE + os.sep): REFUSE\nREAD",
            "p = (DIR / name).resolve()\nif not str(p).startswith(str(DIR) + os.sep): REFUSE\nREAD",
            "p = (DIR / name).resolve()\nif not p.as_posix().startswith('/srv/up/'): REFUSE\nREAD",
            "name = re.sub(r'[^a-z0-9]', '', name)\nOPEN",
            "name = re.sub(r'[^a-z0-9_-]+', '_', name, flags=re.I)\nOPEN",
            "name = SAFE.sub('', name)\nOPEN",
            "name = re.sub(r'[^\\w]', '', name)\nOPEN",
            "match name:\n    case 'a' | 'b':\n        pass\n    case 'c':\n        print(1)\n    case _:\n"
                + "        REFUSE\nOPEN",
            "match name:\n    case 'a' | 'b':\n        return open(name)\n    case _:\n        raise ValueError",
        ]
    )
    func safeInFlask(_ body: String) {
        #expect(flask(body).isEmpty)
    }

    @Test(
        "leave nothing to choose in FastAPI",
        arguments: [
            "RESOLVED\nif not p.is_relative_to(BASE): REFUSE\nREAD",
            "p = BASE / name\nif not p.resolve().is_relative_to(BASE): REFUSE\nREAD",
            "p = find(name)\nif not p.is_relative_to(BASE): REFUSE\nREAD",
            "RESOLVED\ntry:\n    p.relative_to(BASE)\nexcept ValueError:\n    REFUSE\nREAD",
            "RESOLVED\ntry:\n    q = p.relative_to(BASE)\nexcept ValueError:\n    REFUSE\n"
                + "return (BASE / q).read_text()",
            "RESOLVED\ntry:\n    p.relative_to(BASE)\nexcept ValueError:\n    print('no')\nelse:\n    READ",
            "p = Path(os.path.realpath(BASE / name))\ntry:\n    p.relative_to('/srv/up')\n"
                + "except ValueError as e:\n    REFUSE from e\nREAD",
            "RESOLVED\nif BASE not in p.parents: REFUSE\nREAD",
            "RESOLVED\nif BASE in p.parents:\n    READ",
            "RESOLVED\nif p != BASE and BASE not in p.parents: REFUSE\nREAD",
            "p = BASE / name\nif BASE not in p.resolve().parents: REFUSE\nREAD",
            "if name not in os.listdir('/srv'): REFUSE\nOPEN",
            "if name in os.listdir(BASE):\n    return open(BASE / name)",
            "if name in set(os.listdir(BASE)):\n    return open(BASE / name)",
            "return open('/srv/' + kind.value)",
            "return open(kind)",
            "return open('/srv/' + other.value)",
        ]
    )
    func safeInFastAPI(_ body: String) {
        #expect(fastAPI(body).isEmpty)
    }

    @Test(
        "leave all to choose in Flask, if they ask the wrong thing",
        arguments: [
            "return send_from_directory(name, 'a.txt')",
            "return send_from_directory(directory=name, path='a.txt')",
            "if NAME.fullmatch(name): REFUSE\nOPEN",
            "if not NAME.fullmatch(BASE): REFUSE\nOPEN",
            "def abort(n): pass\nif not NAME.fullmatch(name): REFUSE\nOPEN",
            "if not NAME.fullmatch(name): print('no')\nOPEN",
            "REFUSE\nOPEN",
            "if name.isalnum(): REFUSE\nOPEN",
            "if not BASE.isalnum(): REFUSE\nOPEN",
            "if not name.replace('/', '').isalnum(): REFUSE\nOPEN",
            "if not name.isprintable(): REFUSE\nOPEN",
            "if not name.replace('..', '').isalnum(): REFUSE\nOPEN",
            "p = os.path.join(BASE, name)\nif not p.startswith(BASE + os.sep): REFUSE\nREAD",
            "REAL p.startswith(BASE): REFUSE\nREAD",
            "REAL p.startswith(BASE.split('/')[0]): REFUSE\nREAD",
            "p = os.path.realpath(os.path.join(BASE, name))\nif p.startswith(BASE + os.sep): REFUSE\nREAD",
            "REAL p.startswith('/'): REFUSE\nREAD",
            "REAL p.startswith(os.sep): REFUSE\nREAD",
            "REAL p.startswith(name + os.sep): REFUSE\nREAD",
            "REAL p.startswith(BASE + os.sep): REFUSE\nreturn open(os.path.join(BASE, name)).read()",
            "p = (DIR / name).absolute()\nif not str(p).startswith(str(DIR) + os.sep): REFUSE\nREAD",
            "p = os.path.realpath(BASE) + '/' + name\nif not p.startswith(BASE + os.sep): REFUSE\nREAD",
            "name = re.sub(r'[^a-z0-9/]', '', name)\nOPEN",
            "name = re.sub(r'[^a-z.]', '', name)\nOPEN",
            "name = re.sub(r'[^+-9]', '', name)\nOPEN",
            "name = re.sub(r'[a-z]', '', name)\nOPEN",
            "name = re.sub(r'[^a-z]', '/', name)\nOPEN",
            "name = re.sub(r'[^a-z]', '', name, 1)\nOPEN",
            "name = re.sub(r'[^a-z]', name, name)\nOPEN",
            "name = re.sub(r'[^\\S]', '', name)\nOPEN",
            "re.sub(r'[^a-z]', '', name)\nOPEN",
            "name = re.sub(r'[^a-z]', '', name, count=1)\nOPEN",
            "name = re.sub(r'^[^a-z]', '', name)\nOPEN",
            "name = re.sub(r'\\.\\./', '', name)\nOPEN",
            "match name:\n    case 'a' | 'b':\n        pass\n    case _:\n        print('no')\nOPEN",
            "match name:\n    case 'a':\n        pass\n    case other:\n        return open(other)",
            "match name:\n    case 'a':\n        raise ValueError\n    case _:\n        pass\nOPEN",
            "match name:\n    case 'a':\n        pass\n    case str():\n        pass\n    case _:\n"
                + "        raise ValueError\nOPEN",
            "match name:\n    case 'a':\n        raise ValueError\nOPEN",
            "match BASE:\n    case 'a':\n        pass\n    case _:\n        raise ValueError\nOPEN",
            "try:\n    if not NAME.fullmatch(name): raise ValueError\nexcept ValueError:\n    pass\nOPEN",
        ]
    )
    func unsafeInFlask(_ body: String) {
        #expect(Set(flask(body).map(\.severity)) == [.error])
    }

    @Test(
        "leave all to choose in FastAPI, if they ask the wrong thing",
        arguments: [
            "p = BASE / name\nif not p.is_relative_to(BASE): REFUSE\nREAD",
            "RESOLVED\nif not p.is_relative_to('/'): REFUSE\nREAD",
            "p = BASE / name\ntry:\n    p.relative_to(BASE)\nexcept ValueError:\n    REFUSE\nREAD",
            "RESOLVED\ntry:\n    p.relative_to(BASE)\nexcept ValueError:\n    pass\nREAD",
            "RESOLVED\ntry:\n    p.relative_to('/')\nexcept ValueError:\n    raise\nREAD",
            "RESOLVED\ntry:\n    p.relative_to(BASE, walk_up=True)\nexcept ValueError:\n    raise\nREAD",
            "RESOLVED\ntry:\n    BASE.relative_to(p)\nexcept ValueError:\n    raise\nREAD",
            "p = BASE / name\nif BASE not in p.parents: REFUSE\nREAD",
            "RESOLVED\nif BASE in p.parents: REFUSE\nREAD",
            "RESOLVED\nif p not in BASE.parents: REFUSE\nreturn open(BASE / name)",
            "RESOLVED\nif Path('/') not in p.parents: REFUSE\nREAD",
            "RESOLVED\nif p != BASE or BASE not in p.parents: pass\nREAD",
            "RESOLVED\nif kind and BASE not in p.parents: REFUSE\nREAD",
            "if name in os.listdir('/srv'): REFUSE\nOPEN",
            "if name not in os.listdir(name): REFUSE\nOPEN",
            "if name not in open('/srv/names').read(): REFUSE\nOPEN",
            "if kind not in os.listdir('/srv'): REFUSE\nOPEN",
            "return open('/srv/' + plain)",
            "return open(kind + name)",
        ]
    )
    func unsafeInFastAPI(_ body: String) {
        #expect(Set(fastAPI(body).map(\.severity)) == [.error])
    }
}

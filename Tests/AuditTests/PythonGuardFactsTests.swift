// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Guards in Python sources")
struct PythonGuardFactsTests {
    @Test(
        "A class answers what its entry answers, itself or by what it calls",
        arguments: [
            ("return JSONResponse({}, status_code=401)", [401]),
            ("raise HTTPException(status.HTTP_403_FORBIDDEN)", [403]),
            ("return Response(status_code=HTTPStatus.TOO_MANY_REQUESTS)", [429]),
            ("return self.refuse(request)", [401, 413]),
            ("return refusal(429)", [429]), ("raise Unknown()", [403]), ("return Response(status_code=BUSY)", [429]),
            ("return self.inherited()", [401]),
            ("if (await call_next(request)).status_code == 401:\n            pass", []),
            ("if answer.status_code in (401, 403):\n            pass", []),
            ("return self.other.refuse()", []), ("return await call_next(request)", []),
        ] as [(String, Set<Int>)]
    )
    func answers(_ body: String, _ statuses: Set<Int>) throws {
        let source = """
            BUSY = 429
            class Unknown(HTTPException):
                status_code = 403
            def refusal(status):
                return Response(status_code=status)
            class _Base:
                def inherited(self): return refusal(401)
            class Gate(_Base):
                def refuse(self, request): return self.again(request)
                def again(self, request): return refusal(401) if request else self.refuse(refusal(413))
                async def dispatch(self, request, call_next):
                    \(body)
            """
        let module = try PythonProgram.module(source)
        #expect(module.refusals.first { $0.name == "Gate" }?.statuses ?? [] == statuses)
    }

    @Test("A function that a decorator attaches is known as that")
    func attached() throws {
        let body = "async def gate(request, call_next):\n    return Response(status_code=401)\n"
        let module = try PythonProgram.module("@app.middleware('http')\n\(body)def other():\n    abort(403)\n")
        #expect(module.refusals.map(\.name) == ["gate", "other"])
        #expect(module.refusals.map(\.isAttached) == [true, false])
    }

    /// The condition of a middleware that goes on where it holds, before the check of a key.
    @Test(
        "What a request says of itself is told from a check",
        arguments: [
            ("request.headers.get('x-debug') == '1'", "header 'x-debug'"),
            ("'1' == request.headers['x-debug'].strip().lower()", "header 'x-debug'"),
            ("'x-internal' in request.headers", "header 'x-internal'"),
            ("'probe' in (request.headers.get('user-agent') or '')", "header 'user-agent'"),
            ("request.query_params.get('admin')", "query 'admin'"),
            ("request.url.path == '/a' or request.cookies.get('session')", "cookie 'session'"),
            ("request.headers.get('authorization')", "header 'authorization'"),
            ("request.client.host in INSIDE", "address"),
            ("request.url.hostname == 'localhost'", "host"),
            ("is_inside", "address"),
            ("not (request.headers.get('x-debug') != '1')", "header 'x-debug'"),
            ("request.client.host == '127.0.0.1' and request.headers['x'].startswith('a')", "address"),
            ("request.url.path in INSIDE", nil), ("request.method == 'OPTIONS'", nil),
            ("request.url.path == '/metrics' and request.client.host == '127.0.0.1'", nil),
            ("DEBUG and request.headers.get('x-debug') == '1'", nil),
            ("request.headers.get('x-key') == self.key", nil), ("request.headers.get('x-key') in self.keys", nil),
            ("hmac.compare_digest(request.headers['x-key'], KEY)", nil),
            ("request.headers.get('x-debug') != '1'", nil), ("request.headers.get('x-key') == ''", nil),
            ("self.is_known(request)", nil), ("request.client", nil), ("twice == '1'", nil),
        ] as [(String, String?)]
    )
    func claims(_ condition: String, _ claim: String?) throws {
        let source = """
            INSIDE = {"10.0.0.1", "10.0.0.2"}
            class Gate:
                async def dispatch(self, request, call_next):
                    is_inside = request.client.host == "10.0.0.1"
                    twice = request.headers.get("x-a")
                    twice = self.signed(twice)
                    if \(condition):
                        return await call_next(request)
                    if request.headers.get("x-key") not in self.keys:
                        return JSONResponse({}, status_code=401)
                    return await call_next(request)
            """
        let module = try PythonProgram.module(source)
        #expect(module.misplacedGuards.filter { $0.fault == .trustsClaim }.map(\.subject) == [claim].compactMap(\.self))
    }

    @Test("What refuses by a function that returns nothing refuses nobody")
    func silent() throws {
        let source = """
            class Gate:
                def count(self, name): self.counts[name] += 1
                def over(self, name): return self.counts[name] > 9
                def asks(self, name): raise HTTPException(403)
                def open(self, name): pass
                async def dispatch(self, request, call_next):
                    if self.CHECK(request):
                        return JSONResponse({}, status_code=429)
                    return await call_next(request)
            """
        for (name, isFound) in [("count", true), ("over", false), ("asks", false), ("open", false), ("gone", false)] {
            let module = try PythonProgram.module(source.replacing("CHECK", with: name))
            #expect(module.misplacedGuards.contains { $0.fault == .neverRefuses } == isFound, "\(name)")
        }
        let made =
            source.replacing("CHECK", with: "count") + "\nclass Own(Gate):\n    def count(self, name): return 1\n"
        #expect(try PythonProgram.module(made).misplacedGuards.isEmpty)
    }

    @Test("Many conditions, names and classes take time by their number")
    func hostile() throws {
        let exemption = "        if request.client.host == 'a': return await call_next(request)\n"
        let many =
            "class Gate:\n    async def dispatch(self, request, call_next):\n"
            + String(repeating: exemption, count: 4000) + "        return Response(status_code=401)\n"
        #expect(try PythonProgram.module(many).misplacedGuards.isEmpty)
        let doubled = (1..<200).map { "        a\($0) = a\($0 - 1).str(a\($0 - 1))\n" }.joined()
        let names =
            "class Gate:\n    async def dispatch(self, a0, call_next):\n\(doubled)"
            + "        if a199: return call_next(a0)\n        return Response(status_code=401)\n"
        #expect(try PythonProgram.module(names).refusals.count == 1)
        let classes = (1..<4000).map { "class A\($0)(A\($0 - 1)):\n    def f\($0)(self): return self.f\($0 - 1)()\n" }
        let chain = "class A0:\n    def f0(self): abort(401)\n" + classes.joined()
        #expect(try PythonProgram.module(chain).refusals.count == 4000)
    }
}

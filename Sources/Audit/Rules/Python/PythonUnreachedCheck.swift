// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonUnreachedCheck = Rule(
        id: "BKL-P021",
        title: "A check, or an entry of the log, is never reached",
        severity: .warning,
        why:
            "It reads as if inputs were checked and calls written down, and neither happens: what comes in is used as "
            + "it is, and nobody can tell afterwards who called.",
        mend: "Put it before the return or raise that ends the block, or take it out.",
        references: [.cwe(561), .cwe(778), .owasp("A09:2025")],
        bad: [
            .file(
                "gate.py",
                """
                import logging
                log = logging.getLogger("calls")
                class Gate:
                    async def dispatch(self, request, call_next):
                        response = await call_next(request)
                        return response
                        log.info("%s", request.url.path)
                """
            ),
            .file(
                "model.py",
                "def scale(values):\n    return values * 2\n    if len(values) > 9:\n        raise ValueError('long')\n"
            ),
        ],
        good: [
            .file(
                "model.py",
                """
                import contextlib
                import logging
                log = logging.getLogger("model")
                def scale(values):
                    if len(values) > 9:
                        raise ValueError("too many")
                    with contextlib.suppress(TypeError):
                        return values * 2
                    log.info("no numbers")
                    if values is None:
                        raise ValueError("nothing")
                """
            ),
            .file("a.py", "def f(x):\n    while True:\n        return x\n    raise AssertionError\n"),
        ],
        checks: [
            .python { module, findings in
                for unreached in module.unreached {
                    let what = unreached.kind == .check ? "a check" : "an entry of the log"
                    let name = unreached.function.isEmpty ? "the module" : Printed.quoted(unreached.function)
                    findings.add(unreached.place, "\(what) of \(name) stands behind the end of its block")
                }
            }
        ]
    )
}

// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Scripts by their first line")
struct ScriptsByContentTests {
    private static let privileged = "docker run --privileged img:1\n"

    private func rules(_ path: String, _ text: String, beside: [String: String] = [:]) -> Set<String> {
        var files = beside.mapValues { Array($0.utf8) }
        files[path] = Array(text.utf8)
        return Set(Audit(python: PythonProgram.reader).run(MemoryTree(files)).findings.map(\.rule))
    }

    @Test(
        "A shell's script is one whatever it is called",
        arguments: [
            "#!/bin/bash", "#! /bin/sh -eu", "#!/usr/bin/env bash", "#!/usr/bin/env -S bash -e", "#!/bin/busybox sh",
            "#!/usr/bin/env LANG=C dash", "#!/usr/bin/zsh\r",
        ]
    )
    func shells(_ line: String) {
        for path in ["start", "bin/run", "run-server", "start.in", "models/m/run"] {
            let model = ["models/m/config.pbtxt": "name: \"m\"\nbackend: \"python\"\n"]
            #expect(rules(path, line + "\n" + Self.privileged, beside: model).contains("BKL-D001"), "\(path)")
        }
        let result = Audit().run(MemoryTree(["start": Array((line + "\n" + Self.privileged).utf8)]))
        #expect(result.filesRead == 1)
    }

    @Test(
        "Other programs' scripts and texts are none",
        arguments: ["#!/usr/bin/awk -f", "# start", "#!", "#!/bin/cat"]
    )
    func others(_ line: String) {
        #expect(!rules("start", line + "\n" + Self.privileged).contains("BKL-D001"))
    }

    @Test("A shell is known by its script's ending too", arguments: ["a.bash", "a.ksh", "a.zsh", "a.dash", "A.SH"])
    func endings(_ path: String) { #expect(rules(path, Self.privileged).contains("BKL-D001")) }

    @Test(
        "Python's sources are read",
        arguments: [
            ("serve", "#!/usr/bin/env python3\n"), ("serve", "#!/usr/bin/python3.11 -u\n"),
            ("serve", "#!/usr/bin/env -S uv run --script\n"), ("serve.pyw", ""), ("SERVE.PY", ""),
        ]
    )
    func python(_ path: String, _ line: String) {
        #expect(rules(path, line + "API_KEY = 'secret123'\n").contains("BKL-P013"))
    }

    @Test("A script that is no text is told, not passed over")
    func binary() {
        let tree = MemoryTree(["install": Array("#!/bin/sh\nexit\n".utf8) + [0xFF, 0xFE]])
        #expect(Audit().run(tree).unreadable.map(\.place.file) == ["install"])
    }

    @Test("A load reads its model and nothing else")
    func loads() {
        let tree = MemoryTree(["m/start": Array(("#!/bin/sh\n" + Self.privileged).utf8)])
        let model = AuditedModel(name: "m", path: "m", config: nil)
        #expect(!Audit().run(tree, model: model).findings.contains { $0.rule == "BKL-D001" })
    }
}

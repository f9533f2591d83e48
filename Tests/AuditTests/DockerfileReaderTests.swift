// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Dockerfile")
struct DockerfileReaderTests {
    private func read(_ text: String) throws -> Dockerfile { try DockerfileReader.read(text, file: "Dockerfile") }

    @Test("Continued lines are joined, comments and blank lines within them left out")
    func continuation() throws {
        let file = try read("FROM a\nRUN x \\\n  # no\n\n  --flag \\\n  && y\nUSER b\n")
        let run = try #require(file.stages.first?.instructions.first)
        #expect(run.commands.map { $0.words.map(\.text) } == [["x", "--flag"], ["y"]])
        #expect(run.commands[0].words[1].place == Place("Dockerfile", line: 5, column: 3, length: 6))
        #expect(run.lines == 2..<7)
        #expect(file.last("USER")?.place.line == 7)
    }

    @Test("Directives at the top say what escapes")
    func escape() throws {
        let file = try read("# syntax=docker/dockerfile:1\n# escape=`\nFROM a\nRUN x `\n  y\n")
        #expect(file.directives["syntax"]?.value == "docker/dockerfile:1")
        #expect(file.stages[0].instructions[0].commands[0].words.map(\.text) == ["x", "y"])
        // Behind a comment, a directive is one too.
        #expect(try read("# hello\n# escape=`\nFROM a\nRUN x `\nUSER b\n").last("USER") != nil)
    }

    @Test("Heredocs: several, quoted, with tabs")
    func heredocs() throws {
        let text =
            "FROM a\nRUN <<EOF\napt-get update\npip install b\nEOF\nCOPY <<-\"A\" <<B /x/\n\t1\n\tA\n2\nB\nUSER c\n"
        let file = try read(text)
        let instructions = file.stages[0].instructions
        #expect(instructions.map(\.keyword) == ["RUN", "COPY", "USER"])
        #expect(instructions[0].commands.map(\.program).suffix(2) == ["apt-get", "pip"])
        #expect(instructions[0].commands.last?.place.line == 4)
        #expect(instructions[1].heredocs.map(\.body.text) == ["1\n", "2\n"])
        #expect(instructions[1].lines == 6..<11)
    }

    @Test("A heredoc for another program is no shell's")
    func foreignHeredoc() throws {
        let file = try read(
            "FROM a\nRUN python3 <<EOF\nimport os; rm\nEOF\nRUN <<EOF\n#!/usr/bin/env python3\nimport x\nEOF\n"
        )
        let programs = file.stages[0].instructions.flatMap { $0.commands.map(\.program) }
        #expect(!programs.contains("rm") && !programs.contains("import"))
    }

    @Test(
        "Exec and shell form",
        arguments: [
            (#"["a", "b c"]"#, ["a", "b c"], true),
            (#"[ "a" , "\u0062\n" ]"#, ["a", "b\n"], true),
            (#"["a", 'b']"#, ["[a,", "b]"], false),
            ("a 'b c'", ["a", "b c"], false),
        ] as [(String, [String], Bool)]
    )
    func forms(_ text: String, _ words: [String], _ isExec: Bool) throws {
        let instruction = try #require(try read("FROM a\nCMD \(text)\n").last("CMD"))
        #expect(instruction.isExec == isExec)
        #expect(instruction.commands.first?.words.map(\.text) == words)
    }

    @Test("Flags and what follows them")
    func flags() throws {
        let file = try read("FROM --platform=linux/amd64 a AS b\nCOPY --from=b --chown=1:1 x y\n")
        let copy = try #require(file.stages[0].instructions.first)
        #expect(copy.flag("from")?.value?.value == "b")
        #expect(copy.flag("chown")?.value?.place == Place("Dockerfile", line: 2, column: 23, length: 3))
        #expect(copy.words.map(\.text) == ["x", "y"])
        #expect(file.stages[0].image.value == "a")
        #expect(file.stages[0].name == "b")
    }

    @Test(
        "Arguments of FROM",
        arguments: [
            ("ARG A=x\nFROM $A", "x", false),
            ("ARG A=x\nARG B=${A}-y\nFROM r/${B}", "r/x-y", false),
            ("FROM ${A:-z}", "z", false),
            ("ARG A=x\nFROM b${A:+:1}", "b:1", false),
            ("ARG A\nFROM $A", "$A", true),
            ("FROM a\nARG A=x\nFROM $A", "$A", true),
        ] as [(String, String, Bool)]
    )
    func arguments(_ text: String, _ image: String, _ isOpen: Bool) throws {
        let stage = try #require(try read(text).stages.last)
        #expect(stage.image.value == image)
        #expect(stage.isOpen == isOpen)
    }

    @Test(
        "Variables of instructions",
        arguments: [
            ("ARG U=a\nUSER $U", "a"), ("ENV U=a\nUSER ${U}", "a"), ("USER ${U:-a}", "a"),
            ("ENV U a b\nUSER $U", "a b"),
            ("ARG U=a\nENV V=$U\nUSER $V:$V", "a:a"), ("ENV U=a\nARG U=b\nUSER $U", "a"), ("ARG U\nUSER $U", "$U"),
            ("ARG U=a\nUSER '$U'", "$U"), ("ENV U=$U\nUSER $U", "$U"), ("ARG G\nUSER $G", "g"),
        ] as [(String, String)]
    )
    func variables(_ text: String, _ user: String) throws {
        #expect(try read("ARG G=g\nFROM a\n\(text)\n").last("USER")?.words.first?.text == user)
    }

    @Test("A stage has the ENV of the stage that it is made from, and not its ARG")
    func inheritance() throws {
        let file = try read("FROM a AS x\nENV E=e\nARG A=a\nFROM b\nUSER $E\nFROM x\nUSER $E$A\n")
        #expect(file.stages.map { $0.last("USER")?.words.first?.text } == [nil, "$E", "e$A"])
    }

    @Test(
        "Each heredoc of a RUN belongs to the command that reads it",
        arguments: [
            "RUN cat <<A > /x && sh <<B\ny\nA\ndocker run --privileged x\nB",
            "RUN <<A <<B\ny\nA\ndocker run --privileged x\nB",
            "RUN x <<-A | y ; bash -s <<-'B'\n\tA\n\tdocker run --privileged x\n\tB",
            "ONBUILD RUN <<A\ndocker run --privileged x\nA", "COPY <<A /run.sh\ndocker run --privileged x\nA",
            "COPY <<A /run\n#!/bin/sh -e\ndocker run --privileged x\nA", "ARG O=--privileged\nRUN docker run $O x",
            "HEALTHCHECK CMD docker run --privileged x",
            "ONBUILD ENTRYPOINT [\"docker\", \"run\", \"--privileged\", \"x\"]",
            "ENV O=--privileged\nCMD docker run $O x",
        ]
    )
    func scripts(_ text: String) {
        let result = Audit().run(MemoryTree(["Dockerfile": Array("FROM a:1\n\(text)\n".utf8)]))
        #expect(result.findings.contains { $0.rule == "BKL-D001" }, "\(result)")
    }

    @Test("Only what reaches the last stage is the image's")
    func stages() throws {
        let file = try read("FROM a AS x\nUSER u\nFROM b AS y\nUSER root\nFROM X\nENV a=b\n")
        #expect(file.finalStages.map(\.image.value) == ["a", "X"])
        #expect(file.last("USER")?.words.map(\.text) == ["u"])
        #expect(try read("FROM a\nONBUILD USER u\n").last("USER") == nil)
    }

    @Test("ENV and ARG in their forms")
    func pairs() throws {
        let file = try read("FROM a\nENV a=b c=\"d e\" f\\ g=h\nENV i j k\nARG l m=n\n")
        let pairs = file.stages[0].instructions.flatMap(\.pairs)
        #expect(pairs.map(\.name.value) == ["a", "c", "f g", "i", "l", "m"])
        #expect(pairs.map { $0.value?.text } == ["b", "d e", "h", "j k", nil, "n"])
    }

    @Test(
        "What is no Dockerfile is said to be none",
        arguments: ["", "RUN x", "FROM", "FROM a\nRUM x", "FROM a\nRUN <<EOF\nx", "# only a comment", "ARG a=b"]
    )
    func refused(_ text: String) { #expect(throws: Unreadable.self) { try read(text) } }

    @Test("Jinja's lines make it a template")
    func template() throws {
        let file = try read("{% extends bento_base_template %}\n{% block SETUP %}\nRUN x\n{% endblock %}\n")
        #expect(file.isTemplate)
        #expect(file.stages[0].instructions.map(\.keyword) == ["RUN"])
    }

    @Test("Values do not grow with each line")
    func growth() throws {
        var text = "ARG a0=xxxxxxxxxx\n"
        for line in 1..<200 { text += "ARG a\(line)=$a\(line - 1)$a\(line - 1)$a\(line - 1)\n" }
        let stage = try #require(try read(text + "FROM $a199\n").stages.first)
        #expect(stage.image.value.utf8.count <= 4096)
    }
}

@Suite("Names of Dockerfiles")
struct DockerfileNameTests {
    @Test(
        "A Dockerfile is known by its name, a program about Dockerfiles is none",
        arguments: [
            ("Dockerfile", true), ("Dockerfile.gpu", true), ("web.Dockerfile", true), ("Containerfile", true),
            ("Dockerfile.template", true), ("Dockerfile.swift", false), ("dockerfile.md", false),
            ("Dockerfile.dockerignore", false), ("Dockerfiles", false),
        ]
    )
    func names(_ name: String, isOne: Bool) {
        let result = Audit().run(MemoryTree([name: Array("FROM a:1\nUSER root\n".utf8)]))
        #expect(result.findings.contains { $0.rule == "BKL-D002" } == isOne)
        #expect(result.unreadable.isEmpty)
    }
}

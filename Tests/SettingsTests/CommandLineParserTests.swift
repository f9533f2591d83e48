// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Settings

func parsed(_ arguments: [String]) throws -> [String] {
    try CommandLineParser.parse(arguments).map { "\($0.flag.name)=\($0.value)" }
}

@Suite("The command line") struct CommandLineParserTests {
    @Test(
        "is read as getopt_long reads it",
        arguments: [
            (["--http-port=8000"], ["http-port=8000"]),
            (["--http-port", "8000", "--id", "x"], ["http-port=8000", "id=x"]),
            (["--http-po", "8000"], ["http-port=8000"]),
            (["--model-control", "explicit"], ["model-control-mode=explicit"]),
            (["--model-repo=/m", "--model-store", "/n"], ["model-repository=/m", "model-store=/n"]),
            (["--id="], ["id="]),
            (["--id=a=b"], ["id=a=b"]),
            (["--id", "--http-port"], ["id=--http-port"]),
            (["--backend-config=other,a=b=c"], ["backend-config=other,a=b=c"]),
            (["--strict-readiness", "--id=x"], ["strict-readiness=true", "id=x"]),
            (["--strict-readiness", "False"], ["strict-readiness=False"]),
            (["--exit-on-error"], ["exit-on-error=true"]),
            (["--disable-auto", "--id=x"], ["disable-auto-complete-config=true", "id=x"]),
            (["--disable-auto-complete-config=false"], ["disable-auto-complete-config=false"]),
            (["--disable-auto", "true", "--id=x"], ["disable-auto-complete-config=true", "id=x"]),
            (["--disable-auto-complete-config", "Off"], ["disable-auto-complete-config=Off"]),
            (["--log-verbose=true"], ["log-verbose=true"]),
            (["--http-max-input-size", "1"], ["http-max-input-size=1"]),
            (["--id=x", "--"], ["id=x"]), (["-h"], ["help=true"]),
            ([], []),
        ]
    )
    func reads(arguments: [String], expected: [String]) throws {
        #expect(try parsed(arguments) == expected)
    }

    @Test(
        "is refused with the flag's name and what to do",
        arguments: [
            (["--htpt-port=1"], "unknown option --htpt-port; did you mean --http-port?"),
            (["--http_port=1"], "unknown option --http_port; did you mean --http-port?"),
            (["--zzzzzzzzzz"], "unknown option --zzzzzzzzzz"),
            (["--=1"], "unknown option --"),
            (["-http-port"], "unknown option -http-port; did you mean --http-port?"),
            (["-x"], "unknown option -x; options begin with --"),
            (["models"], "unexpected argument 'models'; did you mean --model-repository=models?"),
            (["--disable-auto-complete-config", "yes"], "unexpected argument 'yes'"),
            (["--", "--id=x"], "unknown option --id=x; did you mean --id?"),
            (["--http-port"], "option --http-port needs a value: --http-port=<integer>"),
            (["--http-port=x"], "--http-port must be an integer from 0 to 65535; got 'x'"),
            (["--http-port=65536"], "--http-port must be an integer from 0 to 65535; got '65536'"),
            (["--http-port=-1"], "--http-port must be an integer from 0 to 65535; got '-1'"),
            (["--http-port="], "--http-port must be an integer from 0 to 65535; got ''"),
            (["--exit-on-error=yes"], "--exit-on-error must be true, on, 1, false, off or 0; got 'yes'"),
            (["--log-format=xml"], "--log-format must be one of default, ISO8601, json; got 'xml'"),
            (["--log-format=iso8601"], "--log-format must be one of default, ISO8601, json; got 'iso8601'"),
            (["--http-max-input-size=0"], "--http-max-input-size must be an integer of at least 1; got '0'"),
            (["--grpc-infer-thread-count=1"], "--grpc-infer-thread-count must be an integer from 2 to 128; got '1'"),
            (
                ["--grpc-infer-thread-count=129"],
                "--grpc-infer-thread-count must be an integer from 2 to 128; got '129'"
            ),
            (
                ["--id=\u{1B}[2J", "--http-port=\u{1B}"],
                "--http-port must be an integer from 0 to 65535; got '\u{FFFD}'"
            ),
            (
                ["--backend-config=onnxruntime"],
                "--backend-config must be of the form [<backend>,]<setting>=<value>"
            ),
            (
                ["--backend-config=,a=b"],
                "--backend-config must be of the form [<backend>,]<setting>=<value>"
            ),
            (["--cache-config=size=1"], "--cache-config must be of the form <cache>,<setting>=<value>"),
            (["--metrics-config=a,b=c"], "--metrics-config must be of the form <setting>=<value>; got 'a,b=c'"),
            (
                ["--model-control-mode=Poll"],
                "--model-control-mode=poll is refused: the repository is not watched yet; use explicit and the load "
                    + "and unload requests"
            ),
            (
                ["--model-namespacing=ON"],
                "--model-namespacing=true is refused: models are known by their name alone; two of one name cannot "
                    + "both be served"
            ),
        ]
    )
    func refuses(arguments: [String], message: String) {
        #expect(throws: SettingsError(message)) { try CommandLineParser.parse(arguments) }
    }

    @Test("lists what an ambiguous beginning could be")
    func ambiguous() {
        #expect(
            throws: SettingsError(
                "option --model-load is ambiguous; it could be --model-load-thread-count, --model-load-retry-count, "
                    + "--model-load-gpu-limit"
            )
        ) { try CommandLineParser.parse(["--model-load=x"]) }
    }

    @Test("takes every beginning that Triton would take for the same flag", arguments: FlagTable.triton)
    func prefixes(flag: Flag) throws {
        for length in 1...flag.name.count {
            let prefix = String(flag.name.prefix(length))
            let inTriton = FlagTable.triton.filter { $0.name.hasPrefix(prefix) }
            let isExact = prefix == flag.name
            guard isExact || Set(inTriton.map(\.canonicalName)).count == 1 else { continue }
            guard case .flag(let found) = FlagTable.match(prefix) else {
                Issue.record("--\(prefix) is not --\(flag.name)")
                continue
            }
            #expect(found.canonicalName == flag.canonicalName)
        }
    }

    @Test("takes both spellings of a true and a false", arguments: ["true", "TRUE", "on", "1"], ["false", "Off", "0"])
    func booleans(yes: String, no: String) {
        #expect(ValueKind.bool(yes) == true)
        #expect(ValueKind.bool(no) == false)
    }
}

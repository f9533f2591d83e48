// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Settings

private func input(_ arguments: [String], file: String? = nil) throws -> SettingsInput {
    let arguments = (file == nil ? [] : ["--config=buckler.yaml"]) + arguments
    guard case .serve(let input) = try SettingsInput.read(arguments: arguments, readFile: { _, _ in file ?? "" }) else {
        throw SettingsError("nothing to serve")
    }
    return input
}

@Suite("Effective settings") struct EffectiveSettingTests {
    private typealias Value = EffectiveSetting.Value

    private func values(_ name: String, _ arguments: String..., file: String? = nil) throws -> [Value] {
        try #require(try input(arguments, file: file).effective.first { $0.flag.name == name }).values
    }

    /// What is shown, typed again, must make the same server.
    @Test("are those of the server", arguments: FlagTable.all, [Profile.secure, .triton])
    func roundTrip(flag: Flag, profile: Profile) throws {
        if flag.kind == .none, case .works(.parsing) = flag.disposition { return }
        if case .refused = flag.disposition { return }
        let given = try input([
            "--profile=\(profile.rawValue)", "--model-repository=/m", "--\(flag.name)=\(flag.sample)",
        ])
        let typed = given.effective.filter { $0.flag.name != "config" }.flatMap { setting in
            setting.values.map { "--\(setting.flag.name)=\($0.text)" }
        }
        var (before, after) = (given.settings(environment: [:]), try input(typed).settings(environment: [:]))
        (before.notices, after.notices) = ([], [])
        (before.warnings, after.warnings) = ([], [])
        // What was typed is not relaxed by the profile, and this time all of it was.
        (before.relaxations, after.relaxations) = ([], [])
        #expect(before == after)
        let shown = given.effective.first { $0.flag.name == flag.canonicalName }
        #expect(shown?.values.isEmpty == false, "--\(flag.name) was given and is not shown")
    }

    @Test("say where they come from")
    func origins() throws {
        let file = """
            profile: triton
            http-port: 9000
            limits:
              max-json-depth: 7
            load-model: [a,
              b]
            """
        #expect(try values("http-port") == [Value(text: "8000", origin: .byDefault)])
        #expect(try values("http-port", "--http-port=8000") == [Value(text: "8000", origin: .commandLine)])
        #expect(
            try values("http-port", file: file)
                == [Value(text: "9000", origin: .file("buckler.yaml", line: 2, column: 12))]
        )
        #expect(try values("http-port", "--http-port=7", file: file) == [Value(text: "7", origin: .commandLine)])
        #expect(
            try values("max-json-depth", file: file)
                == [Value(text: "7", origin: .file("buckler.yaml", line: 4, column: 19))]
        )
        #expect(
            try values("load-model", file: file).map(\.origin) == [
                .file("buckler.yaml", line: 5, column: 14), .file("buckler.yaml", line: 6, column: 3),
            ]
        )
        #expect(try values("load-model", "--load-model=c", file: file) == [Value(text: "c", origin: .commandLine)])
        #expect(try values("ledger", file: file) == [Value(text: "false", origin: .profile(.triton))])
        #expect(try values("profile", file: file).map(\.text) == ["triton"])
        #expect(try values("profile").map(\.origin) == [.byDefault])
        #expect(try values("allow-http").map(\.text) == ["true"])
    }

    @Test("say which other flag they follow")
    func followed() throws {
        #expect(
            try values("metrics-address", "--http-address=::1") == [Value(text: "::1", origin: .flag("http-address"))]
        )
        #expect(
            try values("max-body-byte-size", "--http-max-input-size=999999999999")
                == [Value(text: "999999999999", origin: .flag("http-max-input-size"))]
        )
        #expect(
            try values("disable-auto-complete-config", "--strict-model-config=true")
                == [Value(text: "true", origin: .flag("strict-model-config"))]
        )
        #expect(try values("model-repository", "--model-store=/m") == [Value(text: "/m", origin: .commandLine)])
    }

    @Test("keep the values of a table apart")
    func tables() throws {
        let file = "backend-config: {onnxruntime: {intra_op_thread_count: 1, execution_mode: 0}}"
        let found = try values("backend-config", "--backend-config=onnxruntime,intra_op_thread_count=3", file: file)
        #expect(
            found == [
                Value(text: "onnxruntime,execution_mode=0", origin: .file("buckler.yaml", line: 1, column: 74)),
                Value(text: "onnxruntime,intra_op_thread_count=3", origin: .commandLine),
            ]
        )
    }

    @Test("leave out what changes nothing and was not given")
    func accepted() throws {
        let without = try input([]).effective
        #expect(!without.contains { $0.flag.name == "cache-directory" || $0.flag.name == "trace-file" })
        let with = try input(["--cache-directory=/c", "--trace-file=/t"]).effective
        #expect(with.first { $0.flag.name == "cache-directory" }?.notice != nil)
        #expect(with.first { $0.flag.name == "trace-file" }?.values.map(\.text) == ["/t"])
    }
}

@Suite("Secrets in settings") struct DisclosureTests {
    private static let canary = "CANARY7f3a"

    /// One value for every flag that may hold a secret, with what is shown of it.
    static let cases: [(flag: String, value: String, shown: String)] = [
        ("api-key-file", "exec:/bin/get --token \(canary)", "exec:/bin/get …"),
        ("api-key-file", "/run/keys", "file:/run/keys"),
        ("tls-key", "exec:/bin/get \(canary)", "exec:/bin/get …"),
        ("tls-key", "exec:/bin/get\t\(canary)", "exec:/bin/get …"),
        ("grpc-server-key", "exec:/bin/get \(canary)", "exec:/bin/get …"),
        ("grpc-server-key", "exec:/bin/get", "exec:/bin/get"),
        ("jwt-key-set", "https://issuer.example/keys?code=\(canary)", "https://issuer.example/keys?…"),
        ("jwt-key-set", "https://issuer.example/keys#\(canary)", "https://issuer.example/keys#…"),
        ("jwt-key-set", "https://user:\(canary)@issuer.example/keys", "https://…@issuer.example/keys"),
        ("jwt-key-set", "https://u:\(canary)@issuer.example?x", "https://…@issuer.example?…"),
        ("jwt-key-set", "https://issuer.example/a@b", "https://issuer.example/a@b"),
        ("jwt-key-set", "/etc/jwks?.json", "/etc/jwks?.json"),
        ("ledger-checkpoint-command", "/bin/send -H \(canary)", "/bin/send …"),
        ("http-restricted-api", "health,metadata:\(canary)=\(canary)", "health,metadata:…"),
        ("grpc-restricted-protocol", "inference:key=\(canary)", "inference:…"),
        ("backend-config", "tensorflow,token=\(canary)", "tensorflow,token=…"),
        ("backend-config", "onnxruntime,intra_op_thread_count=4", "onnxruntime,intra_op_thread_count=4"),
        ("trace-config", "opentelemetry,header=\(canary)", "opentelemetry,header=…"),
        ("trace-config", "triton,file=/t", "triton,file=/t"),
        ("cache-config", "redis,password=\(canary)", "redis,password=…"),
    ]

    @Test("are not shown, wherever they were written", arguments: cases)
    func shown(flag: String, value: String, shown: String) throws {
        for input in [
            try input(["--\(flag)=\(value)"]), try input(["--\(flag)", value]),
            try input([], file: "\(flag): \"\(value.replacing("\t", with: "\\t"))\""),
        ] {
            let setting = try #require(input.effective.first { $0.flag.name == flag })
            #expect(setting.values.map(\.text) == [value])
            #expect(setting.values.map(setting.shown) == [shown])
            for notice in input.settings(environment: [:]).notices { #expect(!notice.contains(Self.canary)) }
        }
    }

    @Test("have a case here for every flag that may hold one")
    func complete() {
        let withSecrets = FlagTable.all.filter { $0.disclosure != .all }.map(\.name)
        #expect(Set(withSecrets) == Set(Self.cases.map(\.flag)))
        for flag in FlagTable.all {
            // A new flag of these kinds has to say what may be shown of it.
            if case .restriction = flag.kind { #expect(flag.disclosure != .all) }
            if flag.name.hasSuffix("-key") || flag.name.hasSuffix("-key-file") { #expect(flag.disclosure != .all) }
        }
    }

    @Test(
        "are not repeated by errors",
        arguments: [
            ("http-restricted-api", "CANARY7f3a"), ("grpc-restricted-protocol", "CANARY7f3a"),
            ("backend-config", "CANARY7f3a"), ("cache-config", "CANARY7f3a"), ("trace-config", "CANARY7f3a"),
            ("trace-config", "triton,password=CANARY7f3a"), ("api-key-file", "bkl_CANARY7f3a"),
            ("tls-key", "-----BEGIN PRIVATE KEY-----CANARY7f3a"), ("grpc-server-key", "-----BEGIN KEY CANARY7f3a"),
            ("tls-key", "CANARY7f3a\0"),
        ]
    )
    func errors(flag: String, value: String) {
        for arguments in [["--\(flag)=\(value)"], ["--\(flag)", value]] {
            let error = #expect(throws: SettingsError.self) {
                try ServerSettings.resolve(arguments: arguments + ["--model-repository=/m"], environment: [:])
            }
            #expect(error?.message.contains(flag) == true && error?.message.contains(Self.canary) == false)
        }
        let error = #expect(throws: SettingsError.self) {
            try ServerSettings.resolve(
                arguments: ["--model-repository=/m", "--config=c"],
                environment: [:],
                readFile: { _, _ in "\(flag): \"\(value.replacing("\0", with: "\\0"))\"" }
            )
        }
        #expect(error?.message.contains(Self.canary) == false)
    }
}

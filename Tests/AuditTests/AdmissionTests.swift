// SPDX-License-Identifier: Apache-2.0
import Audit
import Inference
import ModelRepository
import Testing

@Suite("Admission")
struct AdmissionTests {
    private static let many = "name: \"m\"\nbackend: \"onnxruntime\"\ninstance_group [ { count: 100 } ]\n"

    private func verdict(
        _ config: String,
        policy: String = "",
        profile: AuditProfile = .secure
    ) throws -> AdmissionVerdict {
        let files = try MemoryModelFiles(
            modelName: "m",
            files: ["config.pbtxt": Array(config.utf8)],
            limits: .defaults
        )
        let admission = AuditAdmission(profile: profile, policy: try AdmissionPolicy.read(policy, file: "policy.yaml"))
        return admission.judge(try Self.candidate(files, text: config))
    }

    private static func candidate(_ files: MemoryModelFiles, text: String) throws -> AdmissionCandidate {
        let text = try MemoryModelFiles(modelName: "m", files: ["c": Array(text.utf8)], limits: .defaults)
        return AdmissionCandidate(
            modelName: "m",
            files: files,
            configuration: .file("config.pbtxt", text: try text.read("c", limit: .max))
        )
    }

    @Test("An error keeps the model out; clients learn the rule, the log what was found")
    func refusal() throws {
        let verdict = try verdict(Self.many)
        let refusal = try #require(verdict.refusal(ofModel: "m"))
        #expect(refusal.message == "model 'm' is refused by the admission policy: BKL-R011")
        #expect(refusal.cause?.contains("config.pbtxt:3:20: model 'm' asks for 100 instances") == true)
    }

    @Test("What is unsafe is a warning where Triton's repositories have to load")
    func triton() throws {
        let verdict = try verdict(Self.many, profile: .triton)
        #expect(verdict.isAdmitted)
        #expect(verdict.findings.map(\.severity) == ["warning"])
    }

    @Test(
        "A policy says what becomes of a finding",
        arguments: [
            ("rules: {BKL-R011: warn}", true, 1), ("rules: {BKL-R011: off}", true, 0),
            ("rules: {BKL-R011: 'off'}", true, 0), ("rules: {BKL-R010: off}", false, 1),
            ("rules: {'*': warn}", true, 1), ("rules: {'*': off, BKL-R011: enforce}", false, 1),
            ("models: [{name: 'm*', rules: {BKL-R011: warn}}]", true, 1),
            ("models: [{name: 'n*', rules: {BKL-R011: warn}}]", false, 1),
            ("rules: {BKL-R011: off}\nmodels: [{name: m, rules: {BKL-R011: enforce}}]", false, 1),
            ("models: [{name: m, rules: {BKL-R011: enforce}}]\nrules: {BKL-R011: off}", false, 1),
            // Where the rule is named comes before where all are meant.
            ("rules: {BKL-R011: enforce}\nmodels: [{name: m, rules: {'*': warn}}]", false, 1),
            ("rules: {BKL-R011: enforce}\nmodels: [{name: 'm*', rules: {'*': off}}]", false, 1),
            ("rules: {BKL-R011: off}\nmodels: [{name: m, rules: {'*': enforce}}]", true, 0),
            ("models: [{name: m, rules: {BKL-R011: enforce}}, {name: '*', rules: {'*': warn}}]", false, 1),
            // Among equals, the model's comes before the general one, and the later before the earlier.
            ("rules: {'*': enforce}\nmodels: [{name: m, rules: {'*': warn}}]", true, 1),
            ("models: [{name: '*', rules: {BKL-R011: enforce}}, {name: m, rules: {BKL-R011: warn}}]", true, 1),
            ("models: [{name: m, rules: {BKL-R011: warn}}, {name: '*', rules: {BKL-R011: enforce}}]", false, 1),
        ]
    )
    func policy(_ text: String, isAdmitted: Bool, findings: Int) throws {
        let verdict = try verdict(Self.many, policy: text)
        #expect(verdict.isAdmitted == isAdmitted)
        #expect(verdict.findings.count == findings)
    }

    @Test(
        "A policy that cannot be meant is refused with its place",
        arguments: [
            ("rules: {BKL-R999: off}", 1, 9), ("rules: {BKL-R011: maybe}", 1, 19), ("rule: {}", 1, 1),
            ("rules: {BKL-R011: no}", 1, 19), ("rules: {BKL-R011: false}", 1, 19), ("rules: {BKL-R011: OFF}", 1, 19),
            ("rules: {BKL-R011: }", 1, 19), ("rules: {BKL-N008: off}", 1, 9), ("rules: {BKL-D001: off}", 1, 9),
            ("rules: {BKL-B001: warn}", 1, 9), ("models: [{name: m, rules: {BKL-E004: off}}]", 1, 28),
            ("models: {}", 1, 1), ("models:\n- rules: {BKL-R011: off}", 2, 3), ("[]", 1, 1),
        ]
    )
    func badPolicy(_ text: String, line: Int, column: Int) {
        let error = #expect(throws: Unreadable.self) { try AdmissionPolicy.read(text, file: "p.yaml") }
        #expect(error?.place == Place("p.yaml", line: line, column: column))
    }

    @Test("What the server has read of the configuration is judged, whatever the file says by now")
    func changedFile() throws {
        let files = try MemoryModelFiles(
            modelName: "m",
            files: ["config.pbtxt": Array("backend: \"onnxruntime\"\n".utf8)],
            limits: .defaults
        )
        let verdict = AuditAdmission(profile: .secure).judge(try Self.candidate(files, text: Self.many))
        #expect(verdict.refused.map(\.rule) == ["BKL-R011"])
    }

    @Test("What cannot be read hides nothing else that is wrong")
    func unreadable() throws {
        let files = try MemoryModelFiles(
            modelName: "m",
            files: ["1/model.py": Array("x = 1\n".utf8), "1/weights.pkl": Array("cos\nsystem\n(S'id'\ntR.".utf8)],
            limits: .defaults
        )
        let verdict = AuditAdmission(profile: .secure).judge(
            try Self.candidate(files, text: "name: \"m\"\nbackend: \"python\"\n")
        )
        #expect(Set(verdict.refused.map(\.rule)).isSuperset(of: ["unreadable", "BKL-M001"]))
    }

    @Test("Each rule that a load asks can be in a policy, and no other; the error says which can")
    func rulesOfPolicies() throws {
        for rule in RuleTable.all {
            let text = "rules: {\(rule.id): off}"
            if RuleSeverities.isAboutModels(rule) {
                let lines = try AdmissionPolicy.read(text, file: "p.yaml").relaxations(in: .secure)
                #expect(lines == ["\(rule.id) (\(rule.title)) is 'off' for all models"])
            } else {
                let error = #expect(throws: Unreadable.self) { try AdmissionPolicy.read(text, file: "p.yaml") }
                #expect(error?.message.hasPrefix("\(rule.id) is not asked when a model is loaded") == true)
            }
        }
    }

    @Test("What is told of a policy at start is what holds")
    func relaxations() throws {
        let text = """
            rules: {BKL-M001: enforce, BKL-M002: off, BKL-M004: warn, BKL-R003: off}
            models:
            - {name: legacy-*, rules: {"*": warn}}
            - {name: old, rules: {"*": off, BKL-M002: enforce}}
            """
        let excepted = "models like 'old', which have an entry of their own"
        #expect(
            try AdmissionPolicy.read(text, file: "p.yaml").relaxations(in: .secure) == [
                "BKL-M002 (\(title("BKL-M002"))) is 'off' for all models, but not for \(excepted)",
                "BKL-R003 (\(title("BKL-R003"))) is 'off' for all models",
                "every rule that is not named for a model is 'warn' for models like 'legacy-*', but not for \(excepted)",
                "every rule that is not named for a model is 'off' for models like 'old'",
            ]
        )
    }

    private func title(_ rule: String) -> String { RuleTable.rule(rule)?.title ?? "" }

    @Test("A configuration that came with the request is what is judged")
    func override() throws {
        let files = try MemoryModelFiles(modelName: "m", files: ["1/x.txt": []], limits: .defaults)
        let config = #"{"name":"m","backend":"onnxruntime","instance_group":[{"count":100}]}"#
        let verdict = AuditAdmission(profile: .secure).judge(
            AdmissionCandidate(modelName: "m", files: files, configuration: .request(config))
        )
        #expect(verdict.refused.map(\.rule) == ["BKL-R011"])
    }

    @Test("One that came with the request and cannot be read is told with its reason and place")
    func brokenOverride() throws {
        let files = try MemoryModelFiles(modelName: "m", files: ["1/x.txt": []], limits: .defaults)
        let config = "{\"name\": \"m\",\n\"backnd\": 1}"
        let verdict = AuditAdmission(profile: .secure).judge(
            AdmissionCandidate(modelName: "m", files: files, configuration: .request(config))
        )
        let told = try #require(verdict.refused.first)
        #expect(told.rule == "unreadable" && told.message.hasPrefix("config:2:1: ") && told.message.contains("backnd"))
    }
}

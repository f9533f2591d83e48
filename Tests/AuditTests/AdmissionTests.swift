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
        return admission.judge(
            AdmissionCandidate(modelName: "m", files: files, configFile: "config.pbtxt", configOverride: nil)
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
            ("models: {}", 1, 1), ("models:\n- rules: {BKL-R011: off}", 2, 3), ("[]", 1, 1),
        ]
    )
    func badPolicy(_ text: String, line: Int, column: Int) {
        let error = #expect(throws: Unreadable.self) { try AdmissionPolicy.read(text, file: "p.yaml") }
        #expect(error?.place == Place("p.yaml", line: line, column: column))
    }

    @Test("A configuration that came with the request is what is judged")
    func override() throws {
        let files = try MemoryModelFiles(modelName: "m", files: ["1/x.txt": []], limits: .defaults)
        let config = #"{"name":"m","backend":"onnxruntime","instance_group":[{"count":100}]}"#
        let verdict = AuditAdmission(profile: .secure).judge(
            AdmissionCandidate(modelName: "m", files: files, configFile: nil, configOverride: config)
        )
        #expect(verdict.refused.map(\.rule) == ["BKL-R011"])
    }
}

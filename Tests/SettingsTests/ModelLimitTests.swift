// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Settings

@Suite("Limits of models") struct ModelLimitTests {
    private func limits(_ arguments: String..., file: String? = nil) throws -> ModelLimits {
        let request = try ServerSettings.resolve(
            arguments: ["--model-repository=/m"] + arguments + (file == nil ? [] : ["--config=buckler.yaml"]),
            environment: [:],
            readFile: { _, _ in file ?? "" }
        )
        guard case .serve(let settings) = request else { throw SettingsError("nothing to serve") }
        return try settings.limitsOfModels()
    }

    private let general = RequestLimits(profile: .secure)

    @Test("hold for the models that a pattern matches, and only tighten")
    func patterns() throws {
        let file = """
            model-limit:
              fraud-*: {max-body-byte-size: 1000, max-request-inputs: 2}
              fraud-big: {max-request-inputs: 1, max-json-depth: 900}
            """
        let found = try limits(file: file)
        #expect(found.limits(of: "digits", within: general) == general)
        var expected = general
        (expected.bodyBytes, expected.inputs) = (1000, 2)
        expected = general.capped(by: expected)
        #expect(expected.jsonBytes == 1000 && expected.isOfModel && !general.isOfModel)
        #expect(found.limits(of: "fraud-small", within: general) == expected)
        expected.inputs = 1
        #expect(found.limits(of: "fraud-big", within: general) == expected, "the tightest counts, and none is wider")
    }

    @Test("can be said of every limit of a request", arguments: FlagTable.requestLimits)
    func every(flag: Flag) throws {
        let least = if case .integer(let range, _) = flag.kind { range.lowerBound } else { 0 }
        let found = try limits("--model-limit=m,\(flag.name)=\(least)").limits(of: "m", within: general)
        #expect(found != general, "--\(flag.name) changes nothing")
        #expect(found == found.capped(by: general))
    }

    @Test("can be written on the command line, which wins over the file by model and limit")
    func precedence() throws {
        let file = "model-limit: {m: {max-request-inputs: 2, max-request-outputs: 3}}"
        let found = try limits(
            "--model-limit=m,max-request-inputs=5",
            "--model-limit",
            "n,http-max-input-size=7",
            file: file
        )
        let (m, n) = (found.limits(of: "m", within: general), found.limits(of: "n", within: general))
        #expect((m.inputs, m.outputs, n.jsonBytes, n.bodyBytes) == (5, 3, 7, general.bodyBytes))
    }

    @Test(
        "are refused with what is wrong",
        arguments: [
            ("m,max-connections=5", "--model-limit m: there is no limit 'max-connections' for a model"),
            (
                "m,max-request-input=5",
                "there is no limit 'max-request-input' for a model; did you mean max-request-inputs?"
            ),
            ("m,max-json-depth=0", "--model-limit m,max-json-depth must be an integer from 1 to 1000; got '0'"),
            ("m,max-json-depth=1001", "must be an integer from 1 to 1000; got '1001'"),
            (
                "max-json-depth=5",
                "--model-limit must be of the form <models>,<setting>=<value>; got 'max-json-depth=5'"
            ),
        ]
    )
    func refusals(value: String, message: String) {
        let error = #expect(throws: SettingsError.self) { try limits("--model-limit=\(value)") }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test("are bounded in number", arguments: [ServerSettings.mostModelPatterns, ServerSettings.mostModelPatterns + 1])
    func count(patterns: Int) throws {
        let file = "model-limit:\n" + (0..<patterns).map { "  m\($0): {max-request-inputs: 1}\n" }.joined()
        if patterns > ServerSettings.mostModelPatterns {
            #expect(throws: SettingsError.self) { try limits(file: file) }
        } else {
            #expect(try limits(file: file).limits(of: "m0", within: general).inputs == 1)
        }
    }
}

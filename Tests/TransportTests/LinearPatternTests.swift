// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Transport

@Suite struct LinearPatternTests {
    @Test(
        arguments: [
            ("", "", true), ("", "x", true), ("abc", "xabcx", true), ("abc", "xabx", false),
            ("^a", "ba", false), ("a$", "ab", false), ("^$", "", true), ("^$", "x", false), ("\\Aab\\z", "ab", true),
            ("a|b|", "c", true), ("\\B", "", true), ("\\b", "", false), ("(?i)X-(user|id)", "x-USER", true),
            ("(?i:x)Y", "XY", true), ("(?i:x)Y", "Xy", false),
            ("a(?i)b|c", "aB", true), ("a(?i)b|c", "C", true), ("(a(?i)b)c", "aBC", false),
            (".", "\n", false), ("(?s).", "\n", true), ("^b", "a\nb", false), ("(?m)^b$", "a\nb\nc", true),
            ("[[:alpha:]]+-[[:^digit:]]", "x-y", true), ("[[:digit:]]", "x", false), ("[^\\d\\s]", "1 2", false),
            ("a{2}", "aa", true), ("^a{2,3}$", "aaaa", false), ("a{,2}", "a{,2}", true), ("a{x}", "a{x}", true),
            ("^(a*)*$", "aaab", false), ("(|a)+b", "aab", true), ("\\Qa.b\\E", "a.b", true),
            ("\\Qa.b\\E", "axb", false),
            ("\\x{1F600}", "😀", true), ("[é-ü]", "ö", true), ("[^a]", "ö", true), (".", "ö", true),
            ("^.$", "e\u{301}", false), ("\\bfoo\\b", "a foo b", true), ("\\bfoo\\b", "afoo", false), ("]", "]", true),
            ("(?P<n>a)(?<m>b)", "ab", true), ("\\/\\_", "/_", true), ("[a\\]b]+$", "a]b", true), ("(?U)a+?", "a", true),
        ]
    )
    func findsWhatRE2Finds(pattern: String, text: String, isFound: Bool) throws {
        #expect(try LinearPattern(pattern).matches(text) == isFound)
    }

    @Test func agreesWithAnotherImplementation() throws {
        var rows = 0
        for row in PatternFixtures.rows.split(separator: "\n") {
            let parts = row.split(separator: "\t")
            try #require(parts.count == 3)
            let pattern = try LinearPattern(String(parts[0]), ignoringCase: parts[1] == "i")
            let found = PatternFixtures.texts.map { pattern.matches($0) ? "1" : "0" }.joined()
            #expect(found == parts[2], "pattern \(parts[0])")
            rows += 1
        }
        #expect(rows == 300)
    }

    @Test(
        arguments: [
            ("a(?=b)", 1, "look-around '(?='"), ("(?!b)", 0, "look-around"), ("x(?<=a)", 1, "look-around"),
            ("(?<!a)", 0, "look-around"), ("(a)\\1", 3, "back-reference"), ("a**", 2, "repeated without a group"),
            ("*a", 0, "nothing that '*' could repeat"), ("(?i)+", 4, "nothing that '+' could repeat"),
            ("a(b", 1, "this group is not closed"), ("a)b", 1, "no group that this ')' closes"), ("ab[", 2, "class"),
            ("[]", 0, "class is not closed"), ("[b-a]", 1, "ends before it begins"), ("a\\", 1, "backslash"),
            ("a{1001}", 1, "more than 1000 times"), ("a{3,2}", 1, "maximum is less"),
            ("\\pL", 0, "'\\p' is not supported"),
            ("[[:no:]]", 1, "no such class"), ("\\x{110000}", 0, "no valid number"), ("(?>a)", 0, "kind of group"),
            ("(?P<>a)", 0, "name of a group"), ("\\C", 0, "'\\C' is not supported"),
        ]
    )
    func saysWhatCannotRunAndWhere(pattern: String, position: Int, message: String) {
        let fault = #expect(throws: LinearPattern.Fault.self) { try LinearPattern(pattern) }
        #expect(fault?.position == position)
        #expect(fault?.message.contains(message) == true, "\(fault?.message ?? "")")
    }

    @Test(arguments: [(LinearPattern.lengthLimit, true), (LinearPattern.lengthLimit + 1, false)])
    func lengthIsBounded(length: Int, passes: Bool) {
        #expect((try? LinearPattern(String(repeating: "a", count: length))) == nil ? !passes : passes)
    }

    @Test(arguments: [(LinearPattern.programLimit - 1, true), (LinearPattern.programLimit, false)])
    func sizeIsBounded(steps: Int, passes: Bool) {
        // Eight times 1,000, and the rest one by one.
        let pattern = String(repeating: "a{1000}", count: 8) + String(repeating: "b", count: steps - 8000)
        #expect((try? LinearPattern(pattern)) == nil ? !passes : passes)
    }

    @Test func repetitionsOfRepetitionsAreRefusedAtOnce() {
        var pattern = "a"
        for _ in 0..<20 { pattern = "(\(pattern)){1000}" }
        let fault = #expect(throws: LinearPattern.Fault.self) { try LinearPattern(pattern) }
        #expect(fault?.message.contains("too large") == true)
    }

    @Test(
        arguments: [
            ("(((((){1000}){1000}){1000}){1000}){1000}", ""), ("((((){1000}){1000,}){1000}){1000,}b", "b"),
            ("((){0,9}){0,9}", ""), ("(|a)+", "a"), ("^((a*)*|b?)*$", "aab"), ("(((^)*)+$?)*", ""),
        ]
    )
    func emptyRepetitionsAreQuick(pattern: String, text: String) throws {
        let began = MonotonicTime.now()
        #expect(try LinearPattern(pattern).matches(text))
        #expect(MonotonicTime.now().nanoseconds(since: began) < 5_000_000_000)
    }

    @Test(arguments: [(PatternParser.depthLimit, true), (PatternParser.depthLimit + 1, false)])
    func depthIsBounded(depth: Int, passes: Bool) {
        let pattern = String(repeating: "(", count: depth) + "a" + String(repeating: ")", count: depth)
        #expect((try? LinearPattern(pattern)) == nil ? !passes : passes)
    }

    @Test func whatIsExponentialElsewhereIsNotHere() throws {
        let text = String(repeating: "a", count: 5000)
        let began = MonotonicTime.now()
        #expect(try !LinearPattern("^(a+)+$").matches(text + "b"))
        #expect(try !LinearPattern("(a|aa)*b$").matches(text))
        let nested = String(repeating: "a?", count: 40) + String(repeating: "a", count: 40)
        #expect(try LinearPattern("^\(nested)$").matches(String(repeating: "a", count: 40)))
        #expect(MonotonicTime.now().nanoseconds(since: began) < 10_000_000_000)
    }

    @Test func classesOfManyRangesAreQuick() throws {
        let scalars = (0..<1300).reversed().compactMap { Unicode.Scalar(UInt32(0x3400 + 2 * $0)) }
        let ranges = scalars.map { String($0) }.joined()
        let pattern = try LinearPattern("(?:[\(ranges)]?){1000}(?:[\(ranges)]?){1000}$")
        let began = MonotonicTime.now()
        #expect(try LinearPattern("^[\(ranges)]{2}$").matches("\u{3400}\u{3402}"))
        #expect(try !LinearPattern("[\(ranges)]").matches("\u{3401}"))
        #expect(pattern.matches(String(repeating: "\u{4E20}", count: 500)))
        #expect(MonotonicTime.now().nanoseconds(since: began) < 10_000_000_000)
    }

    @Test(
        arguments: [
            ("[é-öà-ê]", "äéö", "ÿ"), ("[é-éê-ê]", "éê", "è"), ("[à-ÿä-ö]", "àÿ", "Ā"), ("[^é-öà-ê]", "ÿa", "äö"),
            ("[^\u{80}-\u{10FFFF}]", "a", "é"), ("[é\u{10FFFF}è]", "\u{10FFFF}", "\u{10FFFE}"),
        ]
    )
    func rangesBecomeOne(pattern: String, inside: String, outside: String) throws {
        let set = try LinearPattern(pattern)
        for scalar in inside { #expect(set.matches(String(scalar))) }
        for scalar in outside { #expect(!set.matches(String(scalar))) }
    }

    @Test func arbitraryPatternsNeverCrash() {
        let alphabet = Array("ab()[]{}|*+?.^$\\-,:19wdPQExi<>=!")
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let pattern = String(
                (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                    alphabet.randomElement(using: &generator) ?? "a"
                }
            )
            _ = try? LinearPattern(pattern, ignoringCase: true).matches("ab-1wd(a)")
        }
    }
}

@Suite struct HeaderForwardingTests {
    @Test func matchingHeadersBecomeStringParameters() throws {
        let forwarding = try #require(try HeaderForwarding(pattern: "^x-|auth", flag: "--f"))
        let headers = [(name: "X-One", value: "1"), ("Host", "h"), ("Authorization", "secret"), ("y-x-z", "no")]
        #expect(
            try forwarding.parameters(of: headers) == [
                Parameter(name: "X-One", value: .string("1")),
                Parameter(name: "Authorization", value: .string("secret")),
            ]
        )
    }

    @Test(
        arguments: [
            "sequence_id", "sequence_start", "sequence_end", "priority", "timeout", "headers", "binary_data_output",
            "triton_x", "Priority", "TIMEOUT", "Triton_x", "Sequence_ID", "Binary_Data_Output", "sequence_new",
        ]
    )
    func reservedNamesAreRefused(name: String) throws {
        let all = try #require(try HeaderForwarding(pattern: ".*", flag: "--f"))
        let error = #expect(throws: ServingError.self) { try all.parameter(name: name, value: "") }
        #expect(error?.message == "Header '\(name)' is reserved for Triton usage and cannot be forwarded.")
        #expect(error?.code == .invalidArgument)
        #expect(throws: ServingError.self) { try all.parameters(of: [(name: "x", value: ""), (name, "1")]) }
        let others = try #require(try HeaderForwarding(pattern: "^other$", flag: "--f"))
        #expect(try others.parameter(name: name, value: "") == nil)
    }

    @Test(arguments: ["X-Priority", "priority-x", "tritonx", "sequences", "x-triton_x"])
    func namesThatOnlyLookReservedAreForwarded(name: String) throws {
        let all = try #require(try HeaderForwarding(pattern: ".*", flag: "--f"))
        #expect(try all.parameter(name: name, value: "1") == Parameter(name: name, value: .string("1")))
    }

    @Test(arguments: [nil, ""])
    func withoutAPatternThereIsNothingToDo(pattern: String?) throws {
        #expect(try HeaderForwarding(pattern: pattern, flag: "--f") == nil)
    }

    @Test func aPatternThatCannotRunNamesTheFlagAndThePlace() {
        let error = #expect(throws: ServingError.self) {
            try HeaderForwarding(pattern: "x-(?=a)", flag: "--http-header-forward-pattern")
        }
        #expect(
            error?.message
                == "--http-header-forward-pattern='x-(?=a)' is refused at character 3: look-around '(?=' cannot be "
                + "matched in linear time"
        )
    }

    @Test func aForwardedHeaderTakesThePlaceOfAParameter() {
        var parameters = [Parameter(name: "a", value: .int64(1)), Parameter(name: "b", value: .int64(2))]
        HeaderForwarding.add(
            [Parameter(name: "a", value: .string("x")), Parameter(name: "a", value: .string("y"))],
            to: &parameters
        )
        #expect(parameters == [Parameter(name: "b", value: .int64(2)), Parameter(name: "a", value: .string("y"))])
    }
}

@Suite struct RestrictedAPIsTests {
    @Test func onlyTheRightValueOpensACategory() throws {
        let apis = try RestrictedAPIs(.http, groups: ["health,model-repository:Key=a=b", "trace:k=v"])
        let error = #expect(throws: ServingError.self) { try apis.check(.health) { _ in nil } }
        #expect(error?.code == .permissionDenied)
        #expect(error?.message == "This API is restricted, expecting header 'Key'")
        try apis.check(.health) { $0 == "Key" ? "a=b" : nil }
        try apis.check(.modelRepository) { $0 == "Key" ? "a=b" : nil }
        try apis.check(.inference) { _ in nil }
        for wrong in ["", "a", "a=", "a=c", "a=bb", "A=B"] {
            #expect(throws: ServingError.self) { try apis.check(.health) { _ in wrong } }
        }
        #expect(throws: ServingError.self) { try apis.check(.trace) { $0 == "Key" ? "a=b" : nil } }
        #expect(apis.isRestricted(.trace) && !apis.isRestricted(.inference) && !apis.isEmpty)
    }

    @Test func overGRPCTheKeyHasAPrefix() throws {
        let apis = try RestrictedAPIs(.grpc, groups: ["inference:Admin-Key=v"])
        let error = #expect(throws: ServingError.self) { try apis.check(.inference) { _ in nil } }
        #expect(error?.code == .unavailable)
        #expect(error?.message == "This protocol is restricted, expecting header 'triton-grpc-protocol-admin-key'")
        try apis.check(.inference) { $0 == "triton-grpc-protocol-admin-key" ? "v" : nil }
    }

    @Test(arguments: [
        (["health:a=b", "metadata,health:c=d"], "'health' can not be specified in multiple config groups"),
        (["health,health:a=b"], "'health' can not be specified in multiple config groups"),
        (["health:a=b", "health:a=b"], "'health' can not be specified in multiple config groups"),
        (["healthy:a=b"], "unknown restricted api 'healthy'"), (["health,:a=b"], "unknown restricted api ''"),
        (["health:a"], "<names>:<key>=<value>"), (["health"], "<names>:<key>=<value>"),
        (["health:=b"], "name of a header"),
        (["health:a b=c"], "name of a header"), (["health:a="], "empty value"),
    ])
    func whatCannotBeMeantIsRefused(groups: [String], message: String) {
        let error = #expect(throws: ServingError.self) { try RestrictedAPIs(.http, groups: groups) }
        #expect(error?.message.contains("--http-restricted-api") == true)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }
}

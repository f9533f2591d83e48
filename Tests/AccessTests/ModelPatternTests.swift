// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Access

@Suite("Patterns of models") struct ModelPatternTests {
    @Test(
        "match as globs",
        arguments: [
            ("resnet50", "resnet50", true), ("resnet50", "resnet5", false), ("resnet50", "resnet500", false),
            ("*", "", true), ("*", "anything", true), ("fraud-*", "fraud-", true), ("fraud-*", "fraud", false),
            ("*-v?", "a-v1", true), ("*-v?", "a-v10", false), ("a*b*c", "aXbXbc", true), ("a*b*c", "acb", false),
            ("??", "ab", true), ("??", "abc", false), ("a.c", "abc", false), ("**", "x", true),
        ]
    )
    func glob(pattern: String, model: String, isMatch: Bool) throws {
        #expect(try ModelPattern(pattern).matches(name: model) == isMatch)
    }

    @Test("stay fast where a backtracking matcher would not")
    func hostile() throws {
        let pattern = try ModelPattern(String(repeating: "a*", count: 127) + "c")
        let clock = ContinuousClock()
        let time = clock.measure { #expect(!pattern.matches(name: String(repeating: "a", count: 255) + "b")) }
        #expect(time < .seconds(10))
    }

    @Test("hold to their version, and to none that is not known yet")
    func versions() throws {
        let pattern = try ModelPattern("fraud-*@3")
        #expect(pattern.matches(model: "fraud-eu", version: 3))
        #expect(!pattern.matches(model: "fraud-eu", version: 2))
        #expect(!pattern.matches(model: "fraud-eu", version: nil))
        #expect(pattern.matches(name: "fraud-eu"))
        #expect(pattern.description == "fraud-*@3")
        #expect(try ModelPattern("x").matches(model: "x", version: nil))
    }

    @Test(
        "are refused where they cannot be meant",
        arguments: ["", "@1", "a@", "a@0", "a@-1", "a@b", "a@1@2", "a b", "a/b", "a\n"]
    )
    func refused(text: String) {
        #expect(throws: ServingError.self) { try ModelPattern(text) }
    }

    @Test("may be so long and no longer", arguments: [0, 1])
    func length(beyond: Int) {
        let text = String(repeating: "a", count: ModelPattern.lengthLimit + beyond)
        if beyond == 0 {
            #expect(throws: Never.self) { try ModelPattern(text) }
        } else {
            #expect(throws: ServingError.self) { try ModelPattern(text) }
        }
    }

    @Test("scopes are read by name, and health is nobody's to give")
    func scopes() throws {
        #expect(try Scope.grantable(named: "shared-memory") == .sharedMemory)
        #expect(throws: ServingError.self) { try Scope.grantable(named: "health") }
        #expect(throws: ServingError.self) { try Scope.grantable(named: "Infer") }
        #expect(ScopeSet([.infer, .admin]).scopes == [.infer, .admin])
        #expect(!ScopeSet([.infer]).contains(.admin))
        #expect(ScopeSet.all.contains(.admin) && !ScopeSet.all.contains(.health))
    }

    @Test("an empty list of models reaches nothing")
    func nothing() {
        #expect(!Grant(scopes: .all, models: []).reaches(model: "a", version: 1))
        #expect(Grant.everything.reaches(model: "a", version: nil))
    }
}

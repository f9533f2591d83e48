// SPDX-License-Identifier: Apache-2.0
import Audit
import Foundation
import Testing

@Suite("Flags of servers")
struct ServerFlagsTests {
    private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Docs/Flags.md").path

    @Test("The auditor knows the flags that the server takes")
    func flags() throws {
        let text = try String(contentsOfFile: Self.path, encoding: .utf8)
        let parts = text.components(separatedBy: "## Buckler's own")
        try #require(parts.count == 2)
        for (part, names) in zip(parts, [ServerFlags.triton, ServerFlags.buckler]) {
            let documented = part.matches(of: /\n\| `--([a-z0-9-]+)` \|/).map { String($0.1) }
            #expect(Set(names) == Set(documented))
            #expect(names.count == documented.count)
        }
    }

    @Test("What the auditor calls a default of Buckler's limits is one")
    func defaults() throws {
        let text = try String(contentsOfFile: Self.path, encoding: .utf8)
        let rows = text.matches(of: /\n\| `--([a-z0-9-]+)` \| [^|]* \| (\d+)[ ;]/)
        let documented = Dictionary(rows.map { (String($0.1), Int($0.2)) }) { first, _ in first }
        for (flag, value) in AmpleLimits.defaults { #expect(documented[flag] == value, "\(flag)") }
    }
}

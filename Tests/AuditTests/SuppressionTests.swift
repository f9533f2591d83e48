// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Waivers and baselines")
struct SuppressionTests {
    private static let finding = Finding(
        rule: "BKL-R011",
        severity: .error,
        place: Place("models/m/config.pbtxt", line: 3),
        message: "too many"
    )

    private static func waiver(_ text: String) throws -> [Waiver] { try Waiver.read(text, file: "w.yaml") }

    @Test(
        "A waiver covers its rule and files, until its last day",
        arguments: [
            ("", "2026-01-31", true), ("", "2026-02-01", false), ("path: 'models/*',", "2026-01-01", true),
            ("path: 'other/*',", "2026-01-01", false),
        ]
    )
    func waivers(_ path: String, today: String, isWaived: Bool) throws {
        let text = "waivers: [{rule: BKL-R011, \(path) reason: measured, expires: 2026-01-31}]"
        let suppressions = Suppressions(waivers: try Self.waiver(text))
        let expected: Suppression? = isWaived ? .waived(reason: "measured") : nil
        #expect(suppressions.apply(to: [Self.finding], today: today) == [expected])
        #expect(suppressions.expired(today: today).count == (today > "2026-01-31" ? 1 : 0))
    }

    @Test(
        "A waiver says what it is about, why and until when",
        arguments: [
            "waivers: [{rule: BKL-R011, expires: 2026-01-31}]", "waivers: [{rule: BKL-R011, reason: x}]",
            "waivers: [{rule: BKL-R999, reason: x, expires: 2026-01-31}]", "waiver: []", "waivers: {}", "[]",
            "waivers: [{rule: BKL-R011, reason: x, expires: 2026-13-31}]",
            "waivers: [{rule: BKL-R011, reason: x, expires: 2027-02-29}]",
            "waivers: [{rule: BKL-R011, reason: x, expires: 2027-04-31}]",
            "waivers: [{rule: BKL-R011, reason: x, expires: soon}]",
            "waivers: [{rule: BKL-R011, reason: x, expires: 2026-01-31, until: x}]",
        ]
    )
    func badWaivers(_ text: String) { #expect(throws: Unreadable.self) { try Self.waiver(text) } }

    @Test("The last of February is a day in leap years", arguments: ["2000-02-29", "2028-02-29"])
    func leapDays(_ day: String) throws {
        #expect(try Self.waiver("waivers: [{rule: BKL-R011, reason: x, expires: \(day)}]").map(\.expires) == [day])
    }

    @Test("A baseline takes as many as there were, wherever their lines are now")
    func baseline() throws {
        var first = Self.finding
        first.excerpt = "  count:  100"
        var moved = first
        moved.place.line = 40
        moved.excerpt = "count: 100"
        let baseline = try Baseline(reading: Baseline(of: [first]).text, file: "b.json")
        let found = Suppressions(baseline: baseline).apply(to: [moved, moved], today: "2026-01-01")
        #expect(found == [.baseline, nil])
    }

    @Test("Fingerprints with quotes and controls are read as they were written")
    func hostileBaseline() throws {
        var finding = Self.finding
        finding.excerpt = "a\"b\\c\u{1}é\u{2028}"
        let baseline = Baseline(of: [finding])
        #expect(try Baseline(reading: baseline.text, file: "b.json") == baseline)
    }
}

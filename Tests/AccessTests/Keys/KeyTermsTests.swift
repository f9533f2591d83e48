// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Access

@Suite("The terms of a key") struct KeyTermsTests {
    @Test("are what `key create` says if nothing is asked for")
    func defaults() throws {
        let terms = try KeyTerms(name: "ci")
        #expect(terms.scopes.scopes == [.infer, .metadata] && terms.models == [.all] && terms.expiresAt == nil)
    }

    @Test(
        "have names that can stand anywhere",
        arguments: [
            ("a", true), ("team-1.ci_x@corp", true), ("0", true), (String(repeating: "a", count: 64), true),
            (String(repeating: "a", count: 65), false), ("", false), ("-a", false), (".a", false), ("a b", false),
            ("a\n", false), ("a/b", false), ("ä", false), ("a=b", false), ("anonymous", false), ("bkl_x", false),
        ]
    )
    func names(name: String, isGood: Bool) {
        #expect(((try? KeyTerms(name: name)) != nil) == isGood)
    }

    @Test(
        "refuse what cannot be meant",
        arguments: [
            (KeyTerms.Field.scopes, ""), (.scopes, "infer,"), (.scopes, "health"), (.scopes, "everything"),
            (.models, ""), (.models, "a,,b"), (.expires, "0d"), (.expires, "-1d"), (.expires, "1y"),
            (.expires, "1970-01-01"), (.expires, "2027-02-30"), (.expires, "2027-1-1"), (.expires, "3651d"),
            (.expires, "99999999999999999999d"), (.expires, "9223372036854775807w"), (.expires, ""),
            (.expires, "2999-01-01"), (.expires, "2027-01-01T12:00:00"), (.rate, "0/d"), (.rate, "1e3/s"),
            (.rate, "-1"), (.rate, "inf"), (.rate, "nan"), (.rate, "1/"), (.rate, "/s"), (.rate, "1/s/s"),
            (.bytesPerSecond, "10X"), (.bytesPerSecond, "iB"), (.bytesPerSecond, "10iB"), (.bytesPerSecond, "K"),
            (.concurrent, "1.5"), (.concurrent, ""), (.tenant, "a b"), (.burst, ""), (.burst, "1.2.3"),
            (.expires, "45"), (.rate, "100"), (.rate, "100/d"),
        ]
    )
    func refused(field: KeyTerms.Field, text: String) throws {
        var terms = try KeyTerms(name: "ci")
        #expect(throws: ServingError.self) { try terms.set(field, to: text, at: 1_790_000_000) }
    }

    @Test("read times")
    func times() throws {
        for (text, seconds) in [
            ("90d", 90 * 86_400), ("45s", 45), ("2m", 120), ("1h", 3600), ("1w", 604_800),
            ("3650d", TimeText.longest), ("1970-01-03", 2 * 86_400 - 1000), ("1970-01-01T01:00:00Z", 2600),
        ] as [(String, Int64)] {
            #expect(try TimeText.expiry(text, at: 1000) == 1000 + seconds)
        }
        #expect(try TimeText.expiry("never", at: 1000) == nil)
        #expect(try TimeText.dateOrNever("1970-01-02") == 86_400)
        #expect(throws: ServingError.self) { try TimeText.dateOrNever("90d") }
        #expect(TimeText.text(1_798_761_600) == "2027-01-01T00:00:00Z")
    }

    @Test("read rates, and hold them to what a limit can be")
    func rates() throws {
        var terms = try KeyTerms(name: "ci")
        for (field, text) in [
            (.rate, "600/m"), (.burst, "20"), (.bytesPerSecond, "10MiB"), (.concurrent, "8"),
        ] as [(KeyTerms.Field, String)] { try terms.set(field, to: text, at: 0) }
        #expect(
            terms.rate
                == RateRule(requestsPerSecond: 10, burst: 20, bytesPerSecond: 10 * 0x1p20, concurrentRequests: 8)
        )
        try terms.check()
        for (rate, isGood) in [
            (RateRule(burst: 5), false), (RateRule(requestsPerSecond: 0), false),
            (RateRule(requestsPerSecond: .nan), false), (RateRule(requestsPerSecond: RateText.requestsLimit), true),
            (RateRule(requestsPerSecond: RateText.requestsLimit.nextUp), false),
            (RateRule(requestsPerSecond: 1, burst: 1), true), (RateRule(requestsPerSecond: 1, burst: 0.5), false),
            (RateRule(bytesPerSecond: RateText.bytesLimit), true),
            (RateRule(bytesPerSecond: RateText.bytesLimit.nextUp), false), (RateRule(concurrentRequests: 0), false),
            (RateRule(concurrentRequests: RateText.concurrencyLimit), true),
            (RateRule(concurrentRequests: RateText.concurrencyLimit + 1), false),
        ] {
            #expect(((try? RateText.check(rate)) != nil) == isGood, "\(rate)")
        }
    }

    @Test("have so many patterns and no more", arguments: [0, 1])
    func patterns(beyond: Int) throws {
        var terms = try KeyTerms(name: "ci")
        let text = (0..<(KeyTerms.modelsLimit + beyond)).map { "m\($0)" }.joined(separator: ",")
        #expect(((try? terms.set(.models, to: text, at: 0)) != nil) == (beyond == 0))
    }
}

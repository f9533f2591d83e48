// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@Suite("Secrets in the wrong place") struct SecretTextTests {
    private static let key = "bkl_ucflifmhkyrr_TTYGe01234567890123456789012345678901234567890123"
    private static let shown = "bkl_ucflifmhkyrr_…"

    @Test(
        "are left out of what is shown",
        arguments: [
            (key, shown), ("a \(key) b", "a \(shown) b"), ("\(key),\(key)", "\(shown),\(shown)"),
            ("/home/\(key)/x", "/home/\(shown)/x"), ("b\(key)", "b\(shown)"), (String(key.dropLast(29)), shown),
            ("bkl%5F" + key.dropFirst(4), "…"), ("x/%62" + key.dropFirst(), "…"),
            ("\(key)/bkl%5F" + key.dropFirst(4), "…"),
            (
                "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg/kq+hk=\n-----END PRIVATE KEY-----\nrest",
                "-----BEGIN PRIVATE KEY-----…-----END PRIVATE KEY-----\nrest"
            ),
            (
                #"{"a":"-----BEGIN EC PRIVATE KEY-----\\nMIIEvQIBADANBgkqhk\\n"}"#,
                #"{"a":"-----BEGIN EC PRIVATE KEY-----…"}"#
            ),
        ]
    )
    func concealed(text: String, shown: String) {
        #expect(SecretText.concealed(text) == shown)
        #expect(SecretText.isSuspect(text))
    }

    @Test("are left out however often they are encoded", arguments: ["bkl%5F", "bkl%255F", "bkl%25255F", "%2562kl_"])
    func encoded(prefix: String) {
        #expect(SecretText.concealed(prefix + Self.key.dropFirst(4)) == SecretText.omission)
    }

    @Test(
        "are all that is left out",
        arguments: [
            "", "bkl", "bkl_", "bkl_short", "bkl_…", "a_b_c", "-----BEGIN CERTIFICATE-----MIIEvQIBADANBgkqhk",
            "-----BEGIN",
            "bkl_frauddetect", "bkl_fraud_detection_of_2026_v2", "bkl_frauddetecti_short",
            "bkl_transformers_multilingualbase",
            String(key.dropLast(30)),
            "bkl_UCFLIFMHKYRR_TTYGe0123456789012",
            "kl_12345678", "ü_", "100%", "%zz%", "%62kl_x", "PRIVATE KEY----- of the house",
        ]
    )
    func kept(text: String) {
        #expect(SecretText.concealed(text) == text)
    }

    @Test(
        "are looked for in a time that grows with the text and no faster",
        arguments: ["b", "bkl_", "%62", "PRIVATE KEY-----"]
    )
    func time(piece: String) {
        let text = String(repeating: piece, count: 200_000) + "%kl_"
        let began = ContinuousClock.now
        #expect(SecretText.concealed(text) == text)
        #expect(began.duration(to: .now) < .seconds(20))
    }
}

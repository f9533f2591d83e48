// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@Suite("Secrets in the wrong place") struct SecretTextTests {
    private static let key = "bkl_ucflifmhkyrr_TTYGe0123456789012345678901234567890123456789012345"

    @Test(
        "are left out of what is shown",
        arguments: [
            (key, "bkl_…"), ("a \(key) b", "a bkl_… b"), ("\(key)\(key)", "bkl_…"), ("\(key),\(key)", "bkl_…,bkl_…"),
            ("/home/\(key)/x", "/home/bkl_…/x"), ("xbkl_12345678", "xbkl_…"), ("bbkl_12345678", "bbkl_…"),
            ("-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\nrest", "-----BEGIN…\nrest"),
            ("x -----BEGIN EC PRIVATE KEY-----MII", "x -----BEGIN…"), ("-----BEGIN", "-----BEGIN…"),
            ("-----BEGIN A-----1-----END A----- \(key) -----BEGIN B", "-----BEGIN… bkl_… -----BEGIN…"),
        ]
    )
    func concealed(text: String, shown: String) {
        #expect(SecretText.concealed(text) == shown)
        #expect(SecretText.isSuspect(text))
    }

    @Test(
        "are all that is left out",
        arguments: [
            "", "bkl", "bkl_", "bkl_short", "bkl_…", "a_b_c", "BKL_1234567890", "-----", "BEGIN", "kl_12345678", "ü_",
        ]
    )
    func kept(text: String) {
        #expect(SecretText.concealed(text) == text)
    }
}

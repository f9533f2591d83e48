// SPDX-License-Identifier: Apache-2.0

/// A certificate for `localhost` and 127.0.0.1 that signs itself, for servers of tests. Its key is no secret.
package enum LoopbackCertificate {
    package static let pem = Array(
        """
        -----BEGIN CERTIFICATE-----
        MIIBSDCB7qADAgECAgEBMAoGCCqGSM49BAMCMBQxEjAQBgNVBAMMCWxvY2FsaG9z
        dDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFDESMBAGA1UEAwwJ
        bG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZwPfC5qzUOEVCRyS
        SoHJVTeXuYJGJ+p2XH27chq8HL+PEMqREgtfaokfSvgAPZU/Ra8lS5mjWX37bW9X
        uBcI7KMvMC0wGgYDVR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMA8GA1UdEwEB/wQF
        MAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhANPQabTySfKRcbZ9+zQ9RSJOs4u175Et
        lRkvyOJvZZLzAiEAsuA9Q6yK+pe8az7XhEC5VGSCEmq0k5zNg06kZY2zzqI=
        -----END CERTIFICATE-----
        """.utf8
    )

    package static let privateKey = Array(
        """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg+I/3ub004AjMajJZ
        H3QYHUoF3ykVLbqkpExiJAezSuWhRANCAARnA98LmrNQ4RUJHJJKgclVN5e5gkYn
        6nZcfbtyGrwcv48QypESC19qiR9K+AA9lT9FryVLmaNZffttb1e4Fwjs
        -----END PRIVATE KEY-----
        """.utf8
    )
}

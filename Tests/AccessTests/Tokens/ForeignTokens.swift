// SPDX-License-Identifier: Apache-2.0

/// Tokens that PyJWT 2 signed, and the key set that belongs to them: what another implementation makes has to be read.
enum ForeignTokens {
    static let expiry: Int64 = 4102444800
    static let secret = "0123456789abcdef0123456789abcdef"

    static let signed: [(algorithm: String, token: String)] = [
        (
            "ES256",
            "eyJhbGciOiJFUzI1NiIsImtpZCI6IkVTMjU2IiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwi"
                + "YXVkIjpbImJ1Y2tsZXIiLCJvdGhlciJdLCJzdWIiOiJhbGljZSIsImV4cCI6NDEwMjQ0NDgwMCwiaWF0Ijo0MTAyNDQxMjAwLCJu"
                + "YmYiOjQxMDI0NDEyMDAsImp0aSI6InRva2VuLTEiLCJzY29wZSI6ImluZmVyIG1ldGFkYXRhIHVua25vd24iLCJidWNrbGVyX21v"
                + "ZGVscyI6WyJmcmF1ZC0qIiwicmVzbmV0NTBAMyJdfQ._wLTIAqP2Q7la9FvKLiP0LFD_nIQ2P5mYB13sxhV-aSh9KGF1YiG17JWr"
                + "IfROr-ZYMmPv-vymm3BZ98EdL1Ejw"
        ),
        (
            "ES384",
            "eyJhbGciOiJFUzM4NCIsImtpZCI6IkVTMzg0IiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwi"
                + "YXVkIjpbImJ1Y2tsZXIiLCJvdGhlciJdLCJzdWIiOiJhbGljZSIsImV4cCI6NDEwMjQ0NDgwMCwiaWF0Ijo0MTAyNDQxMjAwLCJu"
                + "YmYiOjQxMDI0NDEyMDAsImp0aSI6InRva2VuLTEiLCJzY29wZSI6ImluZmVyIG1ldGFkYXRhIHVua25vd24iLCJidWNrbGVyX21v"
                + "ZGVscyI6WyJmcmF1ZC0qIiwicmVzbmV0NTBAMyJdfQ.rw33jalSaBHOzmcWxm1Tl16UnoU_S4YZY4iI_paGls9uKaPXiTUrFX4p0"
                + "3Oa_puQwewLg7NSafimYwVYhL11W9nOtcdiNzyZsKNnqYlivyNuhVFDYigImMxoSpKDrzhZ"
        ),
        (
            "EdDSA",
            "eyJhbGciOiJFZERTQSIsImtpZCI6IkVkRFNBIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwi"
                + "YXVkIjpbImJ1Y2tsZXIiLCJvdGhlciJdLCJzdWIiOiJhbGljZSIsImV4cCI6NDEwMjQ0NDgwMCwiaWF0Ijo0MTAyNDQxMjAwLCJu"
                + "YmYiOjQxMDI0NDEyMDAsImp0aSI6InRva2VuLTEiLCJzY29wZSI6ImluZmVyIG1ldGFkYXRhIHVua25vd24iLCJidWNrbGVyX21v"
                + "ZGVscyI6WyJmcmF1ZC0qIiwicmVzbmV0NTBAMyJdfQ.UqVvFQuSeURDjaJAuLfNciX8p5qzp7Z7M8suL01oXiEPsmCQycOfSQjgw"
                + "bpDmMUZVpLsDPVQsPREiPr852uqAA"
        ),
        (
            "RS256",
            "eyJhbGciOiJSUzI1NiIsImtpZCI6IlJTMjU2IiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwi"
                + "YXVkIjpbImJ1Y2tsZXIiLCJvdGhlciJdLCJzdWIiOiJhbGljZSIsImV4cCI6NDEwMjQ0NDgwMCwiaWF0Ijo0MTAyNDQxMjAwLCJu"
                + "YmYiOjQxMDI0NDEyMDAsImp0aSI6InRva2VuLTEiLCJzY29wZSI6ImluZmVyIG1ldGFkYXRhIHVua25vd24iLCJidWNrbGVyX21v"
                + "ZGVscyI6WyJmcmF1ZC0qIiwicmVzbmV0NTBAMyJdfQ.FD-73zdRGF1PLKqedtdm4yxSiDzX-cMPAszau_m4gXDOmEXMzfszX_ysh"
                + "wk4Ethjhgeu1jm6zbMWtUEc3uoiehNqKir9_EbyKCdr2zCGG0NWKJuEJnmGayLh5GvCtt-SF-P20fz3TuuZvv-PV_Ulen1iXVOqx"
                + "81n-Dr96cq8iy1w_g9yxyj35zAmaGYlmEp2HU3JILYDJUQQN80Tm7Xsphh3e2pta2JWybm0XsGdhjTSfsCNiMqjs8_Mqp_G3V2nS"
                + "YSFP5vxbm3KqV6n6ME49tDplDqpOwR4PWAdJLNKrxqXUMX-D-unYnezU-aAqrV2YSERvu14mp-uufmE8S88kA"
        ),
        (
            "PS256",
            "eyJhbGciOiJQUzI1NiIsImtpZCI6IlBTMjU2IiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwi"
                + "YXVkIjpbImJ1Y2tsZXIiLCJvdGhlciJdLCJzdWIiOiJhbGljZSIsImV4cCI6NDEwMjQ0NDgwMCwiaWF0Ijo0MTAyNDQxMjAwLCJu"
                + "YmYiOjQxMDI0NDEyMDAsImp0aSI6InRva2VuLTEiLCJzY29wZSI6ImluZmVyIG1ldGFkYXRhIHVua25vd24iLCJidWNrbGVyX21v"
                + "ZGVscyI6WyJmcmF1ZC0qIiwicmVzbmV0NTBAMyJdfQ.ecerfmBAeILFbsbU1F7VXbZsuQdMPG4ZAZj-oi7qtRFe5M34p9N4cOoqz"
                + "kYuOdtD6NskeWesjn6JO7IiKUrILMH58lvvjG0OUdmpnPO-L9BpY0l-QV1G7g7WQwqiArStW0IFieJ7dLMjXlsydaWtw4sv2NyY5"
                + "iwC2qwZ47fziAqcir28VeqXgN23Ntct1mg8FzrIRiivzTbSyD9Dy86vOSbfazuzuQsn6W0ywOyEHvSUsUsmW-EhWvWYKxjt8wvFG"
                + "6ZFP1kfYo0Yc3s3ZwRcqskVXcibuqnZtUdBiQLsIuZr6np1Tw_qliVaU58qkOPWSEi4isihOIkSl10UCbl_2Q"
        ),
    ]

    static let coded =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwiYXVkIjpbImJ1Y2tsZXI"
        + "iLCJvdGhlciJdLCJzdWIiOiJhbGljZSIsImV4cCI6NDEwMjQ0NDgwMCwiaWF0Ijo0MTAyNDQxMjAwLCJuYmYiOjQxMDI0NDEyMDA"
        + "sImp0aSI6InRva2VuLTEiLCJzY29wZSI6ImluZmVyIG1ldGFkYXRhIHVua25vd24iLCJidWNrbGVyX21vZGVscyI6WyJmcmF1ZC0"
        + "qIiwicmVzbmV0NTBAMyJdfQ.sHd9ItQuHlN9K0ayKkrUhEaAvXjHsoC3Ij0gXibIQAY"

    static let keySet = #"""
        {"keys":[
        {
        "kty":"EC",
        "crv":"P-256",
        "x":"WGOTa9bpU4cM_qLLjYyIBs2DRj5NvlCQIJcYeVmuxWs",
        "y":"tVktLlTgM7IgPLny9afGn8gxmB1HUD8PhE6Y856ktyY",
        "kid":"ES256",
        "use":"sig",
        "alg":"ES256"
        },
        {
        "kty":"EC",
        "crv":"P-384",
        "x":"0tQSZAYaTA09OrnF4-DE0dlE3zY2Dq6M-PTepLAgLbb39iFLAPU6ePkqcwq47w38",
        "y":"SmRB1Ar1COdszLTY4byzOV4cywEiDHh05CbthET7Wmy3D5LSipMI_QEd2DvXwLoa",
        "kid":"ES384",
        "use":"sig",
        "alg":"ES384"
        },
        {
        "x":"HZaUQGuU-bZtfuY_3LfPJ6LAuNXJM1KE-IomBD7dNx8",
        "kty":"OKP",
        "crv":"Ed25519",
        "kid":"EdDSA",
        "use":"sig",
        "alg":"EdDSA"
        },
        {
        "kty":"RSA",
        "n":"6rH_W41ASbW9b9x6tV3CpMV29VouUW3L1do8KFrvADWRb1Ifo0bqBmHcDf6U2PMNdVr0Jtc9RI2i7OTGLjm7LtMJTT\#
        94lDh9HL-BgM4W28Qg3S_ds0ZPjqi0b0pHhNTfZQ_cGedEGKgkBKHkmGDmNUAohyG6M8wucLfnq62epXUqGzny3z_Q\#
        WhOBcHTkhO17YNs6sDCk4GSa32RhgM7YqEPesojRaeU2FyXbprZe9-04al6KPYSGpDoBcC5aAokeRRwUFeIw6ICQZi\#
        Xu15Jwcht30b18N9Pq2NzFW1AoxZmXtftxNuRsztLncoz_-K2eP4Q7E2ik_Oprek4Tys9U4Q",
        "e":"AQAB",
        "kid":"RS256",
        "use":"sig",
        "alg":"RS256"
        },
        {
        "kty":"RSA",
        "n":"6rH_W41ASbW9b9x6tV3CpMV29VouUW3L1do8KFrvADWRb1Ifo0bqBmHcDf6U2PMNdVr0Jtc9RI2i7OTGLjm7LtMJTT\#
        94lDh9HL-BgM4W28Qg3S_ds0ZPjqi0b0pHhNTfZQ_cGedEGKgkBKHkmGDmNUAohyG6M8wucLfnq62epXUqGzny3z_Q\#
        WhOBcHTkhO17YNs6sDCk4GSa32RhgM7YqEPesojRaeU2FyXbprZe9-04al6KPYSGpDoBcC5aAokeRRwUFeIw6ICQZi\#
        Xu15Jwcht30b18N9Pq2NzFW1AoxZmXtftxNuRsztLncoz_-K2eP4Q7E2ik_Oprek4Tys9U4Q",
        "e":"AQAB",
        "kid":"PS256",
        "use":"sig",
        "alg":"PS256"
        }
        ]}
        """#
}

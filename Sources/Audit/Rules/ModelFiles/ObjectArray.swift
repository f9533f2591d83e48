// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let objectArray = Rule(
        id: "BKL-M016",
        title: "NumPy file holds Python objects",
        severity: .error,
        why: """
            An array of objects is stored as a pickle; loading it with allow_pickle runs any code that the \
            file's author put there.
            """,
        mend: "Store numbers and strings of fixed width only, and load with allow_pickle=False.",
        references: [.cwe(502), .owaspLLM("LLM05"), .bandit("B301")],
        bad: [
            .bytes("data/a.npy", ExampleBytes.npy("|O", count: 1, ExampleBytes.pickle))
        ],
        good: [
            .bytes("data/a.npy", ExampleBytes.npy("<f4", count: 1, [0, 0, 0, 0]))
        ],
        checks: [.problems(.objectArray)]
    )
}

// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerLimitAboveRequest = Rule(
        id: "BKL-D061",
        title: "Limit is far above what is kept for the container",
        severity: .note,
        why: """
            The cluster finds a node by what is asked for. All between that and a limit many times higher is taken from the \
            neighbours, whose pods slow down or are killed.
            """,
        mend: "Set the limit to what was measured, and the request near it: for memory best the same.",
        references: [.cwe(400), .cwe(770), .sheet("Triton: Enforce GPU and Memory Isolation")],
        bad: [
            .container("resources:\n  limits: {cpu: 50000m}\n  requests: {cpu: 100m}"),
            .container("resources:\n  limits: {memory: 50Gi}\n  requests: {memory: 128Mi}"),
        ],
        good: [
            .container("resources:\n  limits: {cpu: '4', memory: 16Gi}\n  requests: {cpu: '2', memory: 8Gi}"),
            .container("resources:\n  limits: {cpu: '1', memory: 1Gi}\n  requests: {cpu: 10m, memory: 16Mi}"),
            .container("resources:\n  limits: {cpu: '16'}\n  requests: {cpu: '0'}"),
        ],
        checks: [
            .container { container, findings in
                if let limit = container.cpuCount, let request = container.cpuRequest,
                    let most = Quantities.cpus(limit.value), let kept = Quantities.cpus(request.value),
                    most >= cpusThatOthersMiss, kept > 0, most / kept >= manyTimes
                {
                    findings.add(limit.place, message(container, limit, of: "CPU", request))
                }
                if let limit = container.memoryLimit, let request = container.memoryRequest,
                    let most = Quantities.bytes(limit.value), let kept = Quantities.bytes(request.value),
                    most >= bytesThatOthersMiss, kept > 0, Double(most) / Double(kept) >= manyTimes
                {
                    findings.add(limit.place, message(container, limit, of: "memory", request))
                }
            }
        ]
    )

    private static func message(
        _ container: Container,
        _ limit: Located<String>,
        of what: String,
        _ request: Located<String>
    ) -> String {
        "\(container.described) may take \(Printed.quoted(limit.value)) of \(what), where "
            + "\(Printed.quoted(request.value)) is kept for it"
    }

    private static let manyTimes = 20.0

    // What is small may well ask for next to nothing.
    private static let cpusThatOthersMiss = 8.0
    private static let bytesThatOthersMiss = 8 << 30
}

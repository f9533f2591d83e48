// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerReachesOut = Rule(
        id: "BKL-D048",
        title: "Server may call any address",
        severity: .note,
        why: """
            A model server answers; it hardly ever has to call anyone. Where it can, code in a model fetches its tools and \
            takes data away, and requests that name addresses reach the machine's neighbours.
            """,
        mend: "Put the service on networks with `internal: true` alone, and a gateway on these and another.",
        references: [.cwe(923), .cwe(918), .cisDocker("5.30"), .sheet("Triton: Enforce GPU and Memory Isolation")],
        bad: [
            .service("image: nvcr.io/nvidia/tritonserver:26.06-py3"),
            .service("image: a:1.0\ncommand: tritonserver --model-repository=/models\nnetworks: [inner]"),
            .file(
                "compose.yaml",
                "services:\n  a:\n    image: a:1.0\n    networks: [inner]\n  b:\n    image: b:1.0\n"
                    + "networks:\n  inner:\n    internal: true\n"
            ),
        ],
        good: [
            .file(
                "compose.yaml",
                "services:\n  triton:\n    image: tritonserver:1.0\n    networks: [inner]\n  gateway:\n"
                    + "    image: nginx:1.27\n    networks: [inner, outer]\n"
                    + "networks:\n  outer: {}\n  inner:\n    internal: true\n"
            ),
            .service("image: nvcr.io/nvidia/tritonserver:26.06-py3\nnetwork_mode: none"),
            .service("image: nvcr.io/nvidia/tritonserver:26.06-py3\nports: ['127.0.0.1:8001:8001']"),
            .service("image: postgres:17"),
        ],
        checks: [
            .container { container, findings in
                let networks = container.networks
                guard let first = networks.first, !networks.contains(where: { $0.isInternal || $0.isExternal }) else {
                    return
                }
                // What publishes a port needs a network that leads out.
                guard container.hasInternalNetworksBeside || (container.ports.isEmpty && isModelServer(container))
                else {
                    return
                }
                findings.add(
                    first.place,
                    "\(container.described) is on the network \(Printed.quoted(first.name)), from which it can call any address"
                )
            }
        ]
    )

    private static func isModelServer(_ container: Container) -> Bool {
        if let image = container.image?.value, image.utf8.count <= 4096 {
            let name = image.split(separator: "/").last?.prefix { $0 != ":" && $0 != "@" } ?? ""
            if ["tritonserver", "buckler", "bentoml"].contains(String(name)) { return true }
        }
        return container.sequences.joined().contains { ServerCommand($0) != nil }
    }
}

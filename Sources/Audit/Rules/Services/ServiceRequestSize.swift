// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceRequestSize = Rule(
        id: "BKL-S002",
        title: "Requests may have any size",
        severity: .warning,
        why: "One request fills the memory of the server.",
        mend:
            "max_request_size: 10485760. BentoML 1.x reads no such limit any more: have a proxy or Buckler "
            + "keep it too.",
        references: [.cwe(770), .cwe(400), .owaspLLM("LLM10"), .sheet("BentoML: Implement Secure BentoML Services")],
        bad: [
            .file("configuration.yaml", "api_server:\n  timeout: 60\n"),
            .file("configuration.yaml", "api_server:\n  timeout: 60\n  max_request_size: -1\n"),
            .file(
                "configuration.yaml",
                "api_server:\n  max_request_size: 1048576\n  grpc: {enabled: true, max_message_length: -1}\n"
            ),
        ],
        good: [.file("configuration.yaml", "api_server:\n  max_request_size: 10485760\n  timeout: 60\n")],
        checks: [
            .bentoConfiguration { document, findings in
                for section in ServiceConfiguration(document: document).services {
                    let (paths, most) = (
                        (["max_request_size"], ["http", "max_request_size"], ["grpc", "max_message_length"]),
                        ServiceConfiguration.mostBytes
                    )
                    if let value = section.boundless(paths.0, paths.1, paths.2, most: most) {
                        findings.add(value.place, "\(Printed.quoted(section.name)) takes requests of any size")
                    } else if !section.isSet(
                        ["max_request_size"],
                        ["http", "max_request_size"],
                        ["traffic", "max_request_size"]
                    ) {
                        findings.add(section.place, "\(Printed.quoted(section.name)) sets no max_request_size")
                    }
                }
            }
        ]
    )
}

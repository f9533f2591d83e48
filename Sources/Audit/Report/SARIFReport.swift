// SPDX-License-Identifier: Apache-2.0

/// A report as SARIF 2.1.0 (OASIS), for code-scanning services and editors.
package struct SARIFReport: Encodable {
    struct Message: Encodable { var text: String }

    struct Run: Encodable {
        var tool: Tool
        var invocations: [Invocation]
        var columnKind = "unicodeCodePoints"
        var results: [Result]
    }

    struct Tool: Encodable {
        struct Driver: Encodable {
            var name = "buckler"
            var semanticVersion: String
            var rules: [Descriptor]
        }
        var driver: Driver
    }

    struct Descriptor: Encodable {
        struct Configuration: Encodable { var level: Severity }
        struct Properties: Encodable {
            var tags: [String]
            /// Code-scanning services sort by it: from 0 to 10, as a text.
            var securitySeverity: String

            enum CodingKeys: String, CodingKey {
                case tags
                case securitySeverity = "security-severity"
            }
        }
        var id: String
        var shortDescription: Message
        var fullDescription: Message
        var help: Message
        var defaultConfiguration: Configuration
        var properties: Properties
    }

    struct Invocation: Encodable {
        struct Notification: Encodable {
            var level = "error"
            var message: Message
            var locations: [Location]
        }
        var executionSuccessful: Bool
        var toolExecutionNotifications: [Notification]
    }

    struct Result: Encodable {
        struct Suppressed: Encodable {
            var kind = "external"
            var justification: String
        }
        var ruleId: String
        var ruleIndex: Int
        var level: Severity
        var message: Message
        var locations: [Location]
        var partialFingerprints: [String: String]
        var suppressions: [Suppressed]?
    }

    struct Location: Encodable {
        struct Physical: Encodable {
            struct Artifact: Encodable { var uri: String }
            struct Region: Encodable {
                var startLine: Int
                var startColumn: Int?
                var endColumn: Int?
            }
            var artifactLocation: Artifact
            var region: Region?
        }
        var physicalLocation: Physical

        init(_ place: Place) {
            physicalLocation = Physical(
                artifactLocation: .init(uri: URIText.reference(place.file)),
                region: place.line.map { line in
                    let end = place.column.flatMap { column in place.length.map { column + $0 } }
                    return .init(startLine: line, startColumn: place.column, endColumn: end)
                }
            )
        }
    }

    let schema = "https://json.schemastore.org/sarif-2.1.0.json"
    let version = "2.1.0"
    var runs: [Run]

    enum CodingKeys: String, CodingKey {
        case schema = "$schema"
        case version, runs
    }

    package init(_ report: AuditReport) {
        let indices = Dictionary(uniqueKeysWithValues: report.rules.enumerated().map { ($1.id, $0) })
        let invocation = Invocation(
            executionSuccessful: report.unreadable.isEmpty,
            toolExecutionNotifications: report.unreadable.map {
                .init(message: Message(text: $0.message), locations: [Location($0.place)])
            }
        )
        let results = report.entries.map { entry in
            Result(
                ruleId: entry.finding.rule,
                ruleIndex: indices[entry.finding.rule] ?? -1,
                level: entry.finding.severity,
                message: Message(text: entry.finding.message),
                locations: [Location(entry.finding.place)],
                partialFingerprints: ["buckler/v1": entry.finding.fingerprint],
                suppressions: entry.suppression.map { [.init(justification: $0.text)] }
            )
        }
        let rules = report.rules.map { Descriptor($0, profile: report.profile) }
        let tool = Tool(driver: .init(semanticVersion: report.version, rules: rules))
        runs = [Run(tool: tool, invocations: [invocation], results: results)]
    }
}

extension SARIFReport.Descriptor {
    init(_ rule: Rule, profile: AuditProfile) {
        let severity = RuleSeverities.severity(of: rule, in: profile)
        id = rule.id
        shortDescription = .init(text: rule.title)
        fullDescription = .init(text: rule.why)
        help = .init(text: rule.mend)
        defaultConfiguration = Configuration(level: severity)
        properties = Properties(
            tags: ["security"] + rule.references.map(\.text),
            securitySeverity: severity == .error ? "8.0" : severity == .warning ? "5.0" : "2.0"
        )
    }
}

/// File names as references of URIs (RFC 3986).
enum URIText {
    static func reference(_ path: String) -> String {
        var text = path.hasPrefix("/") ? "file://" : ""
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                text += "%" + (hex.count == 1 ? "0" + hex : hex)
            }
        }
        return text
    }
}

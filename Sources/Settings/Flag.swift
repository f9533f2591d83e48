// SPDX-License-Identifier: Apache-2.0
package import Inference

/// The heading under which `--help` and the reference list a flag; Triton's groups first, in Triton's order.
package enum FlagGroup: String, Sendable, CaseIterable {
    case global = "Global"
    case server = "Server"
    case logging = "Logging"
    case modelRepository = "Model repository"
    case http = "HTTP"
    case grpc = "gRPC"
    case sageMaker = "SageMaker"
    case vertexAI = "Vertex AI"
    case metrics = "Metrics"
    case tracing = "Tracing"
    case backend = "Backend"
    case repositoryAgent = "Repository agent"
    case responseCache = "Response cache"
    case rateLimiter = "Rate limiter"
    case memory = "Memory and devices"
    case sharedMemory = "Shared memory"
    case deprecated = "Deprecated"
    case buckler = "Buckler"
    case access = "Access"
    case limits = "Limits"
}

/// What a flag does here.
package enum Disposition: Sendable {
    case works(Effect)
    /// The value is checked, then only a line in the log says that it changes nothing, and why.
    case accepted(String)
    case refused(String)
}

/// A place in the settings.
package typealias SettingPath<Value> = any WritableKeyPath<ServerSettings, Value> & Sendable

/// Where the value of a flag that works goes.
package enum Effect: Sendable {
    /// Read while the arguments are, not kept: `--help`, `--version`, `--config`, `--profile`.
    case parsing
    case bool(SettingPath<Bool>)
    case negatedBool(SettingPath<Bool>)
    case integer(SettingPath<Int>)
    case string(SettingPath<String>)
    case optionalString(SettingPath<String?>)
    /// Values in the order given; the command line's replace the file's.
    case list(SettingPath<[String]>)
    /// Every value as it was given, also one that was given before.
    case each(SettingPath<[String]>)
    /// `[<group>,]<key>=<value>`, kept by group (`""` for none) and key; the last one given wins.
    case table(SettingPath<[String: [String: String]]>)
    case controlMode
    case logFormat
    /// The one limit that Triton has too; the body as a whole is never held to less.
    case jsonBytes
    /// Nothing but the default exists, so there is nothing to keep.
    case fixed

    /// Whether values on the command line take the place of those in the file instead of adding to them.
    var isReplaced: Bool {
        switch self {
        case .list, .each: true
        default: false
        }
    }
}

/// One flag of `buckler serve`: what it is called, what it takes, and what comes of it.
package struct Flag: Sendable {
    package var name: String
    package var group: FlagGroup
    package var kind: ValueKind
    package var disposition: Disposition
    /// For flags without a place in `ServerSettings`, which has the other defaults.
    package var literalDefault: String?
    /// Values, in lower case, that are refused although the flag is not, and why.
    package var refusedValues: [String: String] = [:]
    /// The name that this one is another spelling of.
    package var alias: String?
    /// For a deprecated flag: what to write instead.
    package var replacement: String?
    /// How much of a value may be shown.
    package var disclosure: Disclosure
    /// For a flag whose settings are known one by one.
    package var rules: SettingRules?
    package var help: String

    package init(
        _ name: String,
        _ group: FlagGroup,
        _ kind: ValueKind,
        _ disposition: Disposition,
        default literalDefault: String? = nil,
        refusing refusedValues: [String: String] = [:],
        alias: String? = nil,
        replacedBy replacement: String? = nil,
        showing disclosure: Disclosure = .all,
        rules: SettingRules? = nil,
        _ help: String
    ) {
        self.name = name
        self.group = group
        self.kind = kind
        self.disposition = disposition
        self.literalDefault = literalDefault
        self.refusedValues = refusedValues
        self.alias = alias
        self.replacement = replacement
        self.disclosure = disclosure
        self.rules = rules
        self.help = help
    }

    /// The name under which the value is kept.
    package var canonicalName: String { alias ?? name }

    package var isRepeatable: Bool {
        switch disposition {
        case .works(.list), .works(.each), .works(.table): true
        default: kind.isPair
        }
    }

    /// The default under `profile` as it would be typed; `nil` if nothing is set.
    package func defaultText(profile: Profile) -> String? {
        guard case .works(let effect) = disposition else { return literalDefault }
        return effect.text(in: ServerSettings(profile: profile), kind: kind) ?? literalDefault
    }
}

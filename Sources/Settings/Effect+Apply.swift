// SPDX-License-Identifier: Apache-2.0
private import Inference
import Telemetry

extension Effect {
    /// Puts `text`, which `kind` found nothing wrong with, where it belongs.
    func apply(_ text: String, kind: ValueKind, to settings: inout ServerSettings) {
        switch self {
        case .parsing, .fixed: break
        case .bool(let path): settings[keyPath: path] = ValueKind.bool(text) ?? settings[keyPath: path]
        case .negatedBool(let path):
            settings[keyPath: path] = ValueKind.bool(text).map { !$0 } ?? settings[keyPath: path]
        case .integer(let path): settings[keyPath: path] = kind.integer(text) ?? settings[keyPath: path]
        case .string(let path): settings[keyPath: path] = kind.choice(text) ?? text
        case .optionalString(let path): settings[keyPath: path] = text
        case .list(let path):
            if !settings[keyPath: path].contains(text) { settings[keyPath: path].append(text) }
        case .each(let path): settings[keyPath: path].append(text)
        case .table(let path):
            guard let setting = KeyedSetting(text) else { break }
            settings[keyPath: path][setting.group, default: [:]][setting.key] = setting.value
        case .controlMode:
            settings.repository.controlMode = kind.choice(text).flatMap(ModelControlMode.init) ?? .none
        case .logFormat:
            settings.log.format = kind.choice(text).flatMap(LogFormat.init) ?? .default
        case .jsonBytes:
            guard let bytes = kind.integer(text) else { break }
            settings.requestLimits.jsonBytes = bytes
            settings.requestLimits.bodyBytes = max(settings.requestLimits.bodyBytes, bytes)
        }
    }

    /// The value that `settings` have, as it would be typed; `nil` if there is none.
    func text(in settings: ServerSettings, kind: ValueKind) -> String? {
        switch self {
        case .parsing, .fixed: return nil
        case .bool(let path): return String(settings[keyPath: path])
        case .negatedBool(let path): return String(!settings[keyPath: path])
        case .integer(let path):
            let value = settings[keyPath: path]
            if case .integer(_, let unlimited?) = kind, value == unlimited { return "none" }
            return String(value)
        case .string(let path): return settings[keyPath: path].isEmpty ? nil : settings[keyPath: path]
        case .optionalString(let path): return settings[keyPath: path]
        case .list, .each, .table: return nil
        case .controlMode: return settings.repository.controlMode.rawValue
        case .logFormat: return settings.log.format.rawValue
        case .jsonBytes: return String(settings.requestLimits.jsonBytes)
        }
    }

    /// All values that `settings` have, as they would be typed; of keys in a table, in their order.
    func texts(in settings: ServerSettings, kind: ValueKind) -> [String] {
        switch self {
        case .list(let path), .each(let path): return settings[keyPath: path]
        case .table(let path):
            return settings[keyPath: path].sorted { $0.key < $1.key }.flatMap { group, values in
                values.sorted { $0.key < $1.key }.map { key, value in
                    (group.isEmpty ? "" : group + ",") + "\(key)=\(value)"
                }
            }
        default: return text(in: settings, kind: kind).map { [$0] } ?? []
        }
    }
}

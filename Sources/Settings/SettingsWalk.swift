// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// Applies assignments one after the other and keeps, for each setting, which of them made it what it is.
///
/// It is for those who ask where a value comes from: `serve` applies the same assignments and keeps nothing.
struct SettingsWalk {
    private(set) var settings: ServerSettings
    private var values: [String: [EffectiveSetting.Value]] = [:]

    /// Flags that say something of a place in the settings; deprecated spellings only once they are used.
    private static let places: [(flag: Flag, effect: Effect)] = FlagTable.all.compactMap { flag in
        guard case .works(let effect) = flag.disposition, flag.alias == nil else { return nil }
        switch effect {
        case .parsing, .fixed: return nil
        default: return (flag, effect)
        }
    }

    init(profile: Profile) {
        settings = ServerSettings(profile: profile)
        let secure = ServerSettings(profile: .secure)
        for (flag, effect) in Self.places {
            let usual = effect.texts(in: secure, kind: flag.kind)
            let texts = effect.texts(in: settings, kind: flag.kind)
            let origin: EffectiveSetting.Origin = texts == usual ? .byDefault : .profile(profile)
            values[flag.name] = texts.map { .init(text: $0, origin: origin) }
        }
        for flag in FlagTable.all {
            guard case .works(.fixed) = flag.disposition, let text = flag.literalDefault else { continue }
            values[flag.name] = [.init(text: text, origin: .byDefault)]
        }
        values["profile"] = [.init(text: profile.rawValue, origin: .byDefault)]
    }

    mutating func take(_ assignment: Assignment) {
        switch assignment.flag.disposition {
        case .refused: break
        case .accepted: append(assignment)
        case .works(.fixed), .works(.parsing):
            values[assignment.flag.name] = [.init(text: assignment.value, origin: assignment.origin.ofSetting)]
        case .works(let effect):
            effect.apply(assignment.value, kind: assignment.flag.kind, to: &settings)
            note(changesBy: assignment)
        }
    }

    mutating func take(_ change: (inout ServerSettings) -> Void, becauseOf flag: String) {
        change(&settings)
        for (place, effect) in Self.places { note(place, effect, origin: .flag(flag), isNamed: false) }
    }

    private mutating func append(_ assignment: Assignment) {
        let value = EffectiveSetting.Value(text: assignment.value, origin: assignment.origin.ofSetting)
        let name = assignment.flag.canonicalName
        values[name] = assignment.flag.isRepeatable ? (values[name] ?? []) + [value] : [value]
    }

    private mutating func note(changesBy assignment: Assignment) {
        for (flag, effect) in Self.places {
            let isNamed = flag.name == assignment.flag.canonicalName
            let origin = isNamed ? assignment.origin.ofSetting : .flag(assignment.flag.name)
            note(flag, effect, origin: origin, isNamed: isNamed)
        }
    }

    /// - Parameter isNamed: whether the flag was given: a single value is then from there although it stays the same.
    private mutating func note(_ flag: Flag, _ effect: Effect, origin: EffectiveSetting.Origin, isNamed: Bool) {
        let before = values[flag.name] ?? []
        let texts = effect.texts(in: settings, kind: flag.kind)
        if texts.count == 1, !flag.isRepeatable, isNamed {
            values[flag.name] = [.init(text: texts[0], origin: origin)]
        } else if texts != before.map(\.text) {
            var known = before[...]
            values[flag.name] = texts.map { text in
                guard let place = known.firstIndex(where: { $0.text == text }) else {
                    return .init(text: text, origin: origin)
                }
                return known.remove(at: place)
            }
        }
    }

    /// In the table's order. What changes nothing, or is a deprecated spelling, is there only if it was given.
    var effective: [EffectiveSetting] {
        FlagTable.all.compactMap { flag in
            let values = values[flag.name] ?? []
            switch flag.disposition {
            case .refused: return nil
            case .accepted: return values.isEmpty ? nil : EffectiveSetting(flag: flag, values: values)
            case .works:
                guard flag.alias == nil, flag.kind != .none || !values.isEmpty else { return nil }
                if flag.group == .deprecated {
                    let isGiven = values.contains { value in
                        switch value.origin {
                        case .commandLine, .file: true
                        case .profile, .byDefault, .flag: false
                        }
                    }
                    if !isGiven { return nil }
                }
                return EffectiveSetting(flag: flag, values: values)
            }
        }
    }
}

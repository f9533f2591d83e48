// SPDX-License-Identifier: Apache-2.0
package import Inference

extension ServerSettings {
    /// Each request is compared with each of them.
    static let mostModelPatterns = 256

    /// What `--model-limit` says.
    package func limitsOfModels() throws(SettingsError) -> ModelLimits {
        guard modelLimits.count <= Self.mostModelPatterns else {
            throw SettingsError("--model-limit names more than \(Self.mostModelPatterns) patterns of models")
        }
        var rules: [ModelLimits.Rule] = []
        for (pattern, values) in modelLimits.sorted(by: { $0.key < $1.key }) {
            rules.append(ModelLimits.Rule(models: Glob(pattern), caps: try Self.caps(values, pattern)))
        }
        return ModelLimits(rules)
    }

    private static func caps(_ values: [String: String], _ pattern: String) throws(SettingsError) -> RequestLimits {
        let flags = FlagTable.requestLimits + FlagTable.http.filter { $0.name == "http-max-input-size" }
        let place = "--model-limit \(Printable.text(pattern))"
        var settings = ServerSettings(profile: .triton)
        settings.requestLimits = .none
        for (name, text) in values.sorted(by: { $0.key < $1.key }) {
            guard let flag = flags.first(where: { $0.name == name }), case .works(let effect) = flag.disposition else {
                let hint = Suggestion.nearest(to: name, among: flags.map(\.name)).map { "; did you mean \($0)?" } ?? ""
                throw SettingsError("\(place): there is no limit '\(Printable.text(name))' for a model\(hint)")
            }
            if let fault = flag.kind.fault(in: text) {
                throw SettingsError("\(place),\(name) must be \(fault); got '\(Printable.text(text))'")
            }
            effect.apply(text, kind: flag.kind, to: &settings)
        }
        return settings.requestLimits
    }
}

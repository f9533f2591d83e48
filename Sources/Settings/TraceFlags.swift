// SPDX-License-Identifier: Apache-2.0
package import Telemetry

/// `--trace-config` and the flags that it replaced, as they were typed.
package struct TraceFlags: Sendable, Equatable {
    /// `[<mode>,]<setting>=<value>`; a later one of the same setting wins, but levels add up.
    package var config: [String] = []
    package var file = ""
    package var levels: [String] = []
    package var rate = 1000
    package var count = -1
    package var logFrequency = 0
    package var limits = TraceLimits()

    package init() {}

    package func configuration() throws(SettingsError) -> TraceConfiguration {
        var result = TraceConfiguration()
        result.file = file
        result.values.rate = UInt32(clamping: rate)
        result.values.count = Int32(clamping: count)
        result.values.logFrequency = UInt32(clamping: logFrequency)
        var levels = levels
        for text in config {
            guard let setting = KeyedSetting(text) else { continue }
            switch (setting.group.lowercased(), setting.key) {
            case ("", "level"): levels.append(setting.value)
            case ("", "rate"): result.values.rate = try number(setting, in: 1...UInt32.max)
            case ("", "count"): result.values.count = try number(setting, in: -1...Int32.max)
            case ("", "mode"): try checkMode(setting.value)
            case ("triton", "file"): result.file = setting.value
            case ("triton", "log-frequency"): result.values.logFrequency = try number(setting, in: 0...UInt32.max)
            case ("opentelemetry", _): break
            default:
                let name = Printable.text(String(text.prefix { $0 != "=" }))
                throw SettingsError(
                    "--trace-config has no setting '\(name)'; there are level, rate, count, mode, "
                        + "triton,file and triton,log-frequency"
                )
            }
        }
        result.values.level = try level(levels)
        return result
    }

    /// What was set and changes nothing.
    package var notices: [String] {
        var notices: [String] = []
        if config.contains(where: { $0.lowercased().hasPrefix("opentelemetry,") }) {
            notices.append("--trace-config opentelemetry,… changes nothing: traces are written to files only")
        }
        if let configuration = try? configuration(), configuration.file.isEmpty, !configuration.values.level.isEmpty {
            notices.append(
                "--trace-config level changes nothing: no file is given by --trace-config triton,file=<path>"
            )
        }
        return notices
    }

    private func number<Number: FixedWidthInteger>(
        _ setting: KeyedSetting,
        in range: ClosedRange<Number>
    ) throws(SettingsError) -> Number {
        guard let number = Number(setting.value), range.contains(number) else {
            throw SettingsError(
                "--trace-config \(setting.key) must be an integer from \(range.lowerBound) to \(range.upperBound); got "
                    + "'\(Printable.text(setting.value))'"
            )
        }
        return number
    }

    private func checkMode(_ mode: String) throws(SettingsError) {
        switch mode.lowercased() {
        case "triton": return
        case "opentelemetry":
            throw SettingsError("--trace-config mode=opentelemetry is refused: traces are written to files only")
        default:
            throw SettingsError(
                "--trace-config mode must be triton or opentelemetry; got '\(Printable.text(mode))'"
            )
        }
    }

    /// As in Triton, one OFF turns everything off, whatever else is said.
    private func level(_ names: [String]) throws(SettingsError) -> TraceLevel {
        var level: TraceLevel = []
        var isOff = false
        for name in names {
            switch name.lowercased() {
            case "off", "false": isOff = true
            case "timestamps", "true", "on", "min", "max": level.insert(.timestamps)
            case "tensors": level.insert(.tensors)
            default:
                throw SettingsError(
                    "--trace-config level must be OFF, TIMESTAMPS or TENSORS; got '\(Printable.text(name))'"
                )
            }
        }
        return isOff ? [] : level
    }
}

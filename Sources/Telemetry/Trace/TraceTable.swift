// SPDX-License-Identifier: Apache-2.0

/// A change of one setting: a new value, or back to what holds without one.
enum TraceChange<Value: Sendable & Equatable>: Sendable, Equatable {
    case set(Value)
    case clear
}

/// Changes of settings, read and checked; `nil` where a setting stays as it is.
struct TraceChanges: Sendable, Equatable {
    var level: TraceChange<TraceLevel>?
    var rate: TraceChange<UInt32>?
    var count: TraceChange<Int32>?
    var logFrequency: TraceChange<UInt32>?
}

/// The settings of the server and of its models, and which request is the next to be traced.
///
/// A model's settings are those of the server but for what was set for the model alone; the server's are those it was
/// started with but for what was changed since. A change begins to count anew, as in Triton.
struct TraceTable<Series: Sendable>: Sendable {
    private struct Overrides: Sendable {
        var level: TraceLevel?
        var rate: UInt32?
        var count: Int32?
        var logFrequency: UInt32?

        var isEmpty: Bool { level == nil && rate == nil && count == nil && logFrequency == nil }

        func applied(to values: TraceValues) -> TraceValues {
            var values = values
            values.level = level ?? values.level
            values.rate = rate ?? values.rate
            values.count = count ?? values.count
            values.logFrequency = logFrequency ?? values.logFrequency
            return values
        }
    }

    private struct Setting: Sendable {
        var overrides = Overrides()
        var values: TraceValues
        var requests: UInt64 = 0
        /// Of the traces of these values; gone with them.
        var series: Series
    }

    /// Why values are not valid; `nil` if they are, or if they trace nothing on purpose.
    enum Invalid: String, Error {
        case rate = "sample rate must be non-zero"
        case file = "trace file name is not given"
    }

    private let initial: TraceValues
    private let hasFile: Bool
    private let makeSeries: @Sendable (TraceValues) -> Series
    private var global: Setting
    private var models: [String: Setting] = [:]

    init(_ initial: TraceValues, hasFile: Bool, makeSeries: @escaping @Sendable (TraceValues) -> Series) {
        self.initial = initial
        self.hasFile = hasFile
        self.makeSeries = makeSeries
        global = Setting(values: initial, series: makeSeries(initial))
    }

    func values(ofModel model: String?) -> TraceValues {
        model.flatMap { models[$0]?.values } ?? global.values
    }

    var modelCount: Int { models.count }

    func hasSettings(ofModel model: String) -> Bool { models[model] != nil }

    /// Whether any request may be traced.
    var isActive: Bool { traces(global.values) || models.values.contains { traces($0.values) } }

    private func traces(_ values: TraceValues) -> Bool {
        hasFile && !values.level.isEmpty && values.rate != 0 && values.count != 0
    }

    /// Counts a request.
    /// - Returns: what to record of it, if it is to be traced.
    mutating func requestArrived(model: String) -> (level: TraceLevel, series: Series)? {
        guard models[model] != nil else { return sample(&global) }
        return sample(&models[model]!)
    }

    private func sample(_ setting: inout Setting) -> (level: TraceLevel, series: Series)? {
        guard traces(setting.values) else { return nil }
        setting.requests += 1
        guard setting.requests % UInt64(setting.values.rate) == 0 else { return nil }
        if setting.values.count > 0 { setting.values.count -= 1 }
        return (setting.values.level, setting.series)
    }

    /// - Parameter model: `nil` for the server's settings.
    mutating func change(_ model: String?, _ changes: TraceChanges) throws(Invalid) {
        guard let model else {
            global = try changed(global, changes, fallback: initial)
            for (name, setting) in models {
                // What a model has of the server changes with it.
                models[name] = try changed(setting, TraceChanges(), fallback: global.values)
            }
            return
        }
        let current =
            models[model] ?? Setting(values: global.values, series: global.series)
        let setting = try changed(current, changes, fallback: global.values)
        models[model] = setting.overrides.isEmpty ? nil : setting
    }

    private func changed(
        _ setting: Setting,
        _ changes: TraceChanges,
        fallback: TraceValues
    ) throws(Invalid) -> Setting {
        var overrides = setting.overrides
        // What is left of a count is what goes on counting.
        if overrides.count != nil { overrides.count = setting.values.count }
        overrides.level = Self.changed(overrides.level, changes.level)
        overrides.rate = Self.changed(overrides.rate, changes.rate)
        overrides.count = Self.changed(overrides.count, changes.count)
        overrides.logFrequency = Self.changed(overrides.logFrequency, changes.logFrequency)
        let values = overrides.applied(to: fallback)
        if !values.level.isEmpty {
            if values.rate == 0 { throw .rate }
            if !hasFile { throw .file }
        }
        return Setting(overrides: overrides, values: values, series: makeSeries(values))
    }

    private static func changed<Value>(_ current: Value?, _ change: TraceChange<Value>?) -> Value? {
        switch change {
        case .set(let value): value
        case .clear: nil
        case nil: current
        }
    }
}

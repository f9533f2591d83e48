// SPDX-License-Identifier: Apache-2.0

/// What a front end is given besides models.
package struct ServerControls: Sendable {
    package var sharedMemory: any SharedMemoryControl
    package var trace: any TraceControl
    package var log: any LogControl

    package init(sharedMemory: any SharedMemoryControl, trace: any TraceControl, log: any LogControl) {
        self.sharedMemory = sharedMemory
        self.trace = trace
        self.log = log
    }
}

/// Trace settings as Triton's API has them: a name and its values, all of them text.
package typealias TraceSettings = [String: [String]]

/// What is traced, and what a front end asks for each request.
package protocol TraceControl: Sendable {
    /// - Parameter model: `nil` for the settings of the whole server.
    func traceSettings(ofModel model: String?) throws(ServingError) -> TraceSettings

    /// - Parameter changes: a value of `nil` goes back to what the server was started with or, for a model, to the
    ///   settings of the server.
    /// - Returns: the settings as they are now.
    func changeTraceSettings(ofModel model: String?, _ changes: [String: [String]?]) throws(ServingError)
        -> TraceSettings

    /// Whether any request may be traced: one load, so that a front end need not look at the clock for nothing.
    var isTracing: Bool { get }

    /// A trace for the next request to `model` if it is one of those to be traced. Cheap when nothing is.
    func beginTrace(model: String, version: Int64, requestID: String) -> (any RequestTrace)?
}

extension TraceControl {
    package var isTracing: Bool { true }
}

/// One traced request; told from any thread what happened when.
package protocol RequestTrace: AnyObject, Sendable {
    /// - Parameter name: Triton's, as in `HTTP_RECV_START`.
    func record(_ name: StaticString, at time: MonotonicTime)
    func recordTensors(_ activity: StaticString, _ tensors: [OutputTensor])
    /// Nothing is recorded afterwards.
    func end()
}

package enum LogSettingValue: Sendable, Equatable {
    case bool(Bool)
    case number(UInt32)
    case string(String)
}

/// Log settings as Triton's API has them: `log_file`, `log_info`, `log_warning`, `log_error`, `log_verbose_level`, `log_format`.
package protocol LogControl: Sendable {
    func logSettings() -> [(name: String, value: LogSettingValue)]
    func changeLogSettings(_ changes: [(name: String, value: LogSettingValue)]) throws(ServingError)
}

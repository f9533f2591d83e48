// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// What a worker is told about its model by *start*.
protocol WorkerStartArguments: Sendable {
    /// - Parameter directory: the model's, as the worker sees it; empty for one that sees none.
    func json(directory: String) -> [UInt8]
}

/// What a worker of a Python model is told.
struct WorkerArguments: WorkerStartArguments {
    enum Mode: String, Sendable {
        case serve, complete
    }

    var mode: Mode
    var modelName: String
    var version: Int64
    /// Triton's JSON of the configuration.
    var configuration: String
    var instanceName: String
    /// Relative to the model's directory.
    var modelFile: String

    /// - Parameter directory: the model's, as the worker sees it.
    func json(directory: String) -> [UInt8] {
        var arguments = JSONObjectWriter()
        arguments.put("model_config", configuration)
        arguments.put("model_name", modelName)
        arguments.put("model_version", String(version))
        arguments.put("model_repository", directory)
        arguments.put("model_instance_name", instanceName)
        arguments.put("model_instance_kind", "CPU")
        arguments.put("model_instance_device_id", "0")
        var writer = JSONObjectWriter()
        writer.put("mode", mode.rawValue)
        writer.put("model_file", directory + "/" + modelFile)
        writer.put("args", object: arguments.finished())
        return writer.finished()
    }
}

/// How far a worker has come that is being started. A value: what it says goes in, what is to be done comes out.
struct WorkerStart: Sendable {
    enum Action: Equatable {
        case sendStart
        /// With what it says about the model's configuration.
        case ready(String)
        case refused(String)
        /// What a model may say while it starts, for whoever hears it while it serves.
        case hear(WorkerMessage)
    }

    private enum State { case awaitsHello, awaitsReady, over }

    private var state = State.awaitsHello

    init() {}

    /// Of a worker that has opened its model and is told how it will serve.
    static var again: WorkerStart {
        var start = WorkerStart()
        start.state = .awaitsReady
        return start
    }

    mutating func heard(_ message: WorkerMessage) throws(WorkerFault) -> Action {
        switch (state, message) {
        case (.awaitsHello, .hello):
            state = .awaitsReady
            return .sendStart
        case (.awaitsReady, .ready(let text)):
            state = .over
            return .ready(text)
        case (.awaitsReady, .refused(let text)):
            state = .over
            return .refused(text)
        case (.awaitsReady, _) where message.mayComeEarly: return .hear(message)
        default: throw WorkerFault("a message that has no place while it starts")
        }
    }
}

extension WorkerRun {
    /// Why a worker did not become ready.
    enum StartProblem: Error {
        /// The model says so.
        case refused(String)
        case fault(WorkerFault)
        case ended
        /// Nobody wants it any more.
        case unwanted
    }

    /// Sees the worker through its start.
    /// - Parameter again: whether it has opened its model already, and is told how it will serve.
    /// - Returns: what *ready* said.
    mutating func start(
        _ session: WorkerSession,
        _ launch: WorkerLaunch,
        _ arguments: any WorkerStartArguments,
        again: Bool = false,
        isUnwanted: () -> Bool
    ) throws(StartProblem) -> String {
        let limit = MonotonicTime.now().advanced(byNanoseconds: UInt64(launch.limits.startSeconds) * 1_000_000_000)
        var start = again ? WorkerStart.again : WorkerStart()
        if again { try sendStart(session, launch, arguments) }
        while true {
            if isUnwanted() { throw .unwanted }
            let left = limit.nanoseconds(since: .now()) / 1_000_000
            guard left > 0 else { throw .fault(WorkerFault("it is not ready after \(launch.limits.startSeconds) s")) }
            switch try hear(&start, milliseconds: Int32(clamping: left)) {
            case nil: continue
            case .sendStart:
                try sendContent(session, launch)
                try sendStart(session, launch, arguments)
            case .ready(let text): return text
            case .refused(let text): throw .refused(text)
            case .hear(let message): try hear(message, session)
            }
        }
    }

    private func hear(_ message: WorkerMessage, _ session: WorkerSession) throws(StartProblem) {
        do throws(WorkerFault) {
            try session.received(message)
        } catch {
            throw .fault(error)
        }
    }

    private mutating func hear(
        _ start: inout WorkerStart,
        milliseconds: Int32
    ) throws(StartProblem) -> WorkerStart.Action? {
        let heard: Heard
        do throws(WorkerFault) {
            heard = try listen(milliseconds: milliseconds)
            if case .message(let message) = heard { return try start.heard(message) }
        } catch {
            throw .fault(error)
        }
        if case .closed = heard { throw .ended }
        return nil
    }

    private func sendContent(_ session: WorkerSession, _ launch: WorkerLaunch) throws(StartProblem) {
        guard let content = launch.content else { return }
        do throws(WorkerFault) {
            let message = ServerMessage.area(0, .modelFiles, bytes: content.byteCount)
            try session.channel.sendPatiently(message, passing: content.descriptor)
        } catch {
            throw .fault(error)
        }
    }

    private mutating func sendStart(
        _ session: WorkerSession,
        _ launch: WorkerLaunch,
        _ arguments: any WorkerStartArguments
    ) throws(StartProblem) {
        var directory = ""
        if let model = launch.model {
            directory = heldLayers().contains("read-only-binds") ? model.mount : model.directory
        }
        do throws(WorkerFault) {
            try session.sendStart(arguments: arguments.json(directory: directory))
        } catch {
            throw .fault(error)
        }
    }
}

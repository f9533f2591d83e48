// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// One worker after the other for one instance of a model, on a thread of its own: starts it, hears it, ends it, and
/// starts the next. When is for ``Supervision`` to say.
final class WorkerLane: Sendable {
    /// How a worker that seems to be ending is given time, so that the log can tell how it ended.
    private static let endGraceMilliseconds = 500

    private struct State {
        var supervision = Supervision()
        /// Set while it is ready.
        var session: WorkerSession?
        /// Of the first start.
        var outcome: Result<Void, ServingError>?
        var isOver = false
        /// Whoever waits for the next worker.
        var onReady: (@Sendable () -> Void)?
        var whenOver: [@Sendable () -> Void] = []
    }

    private enum EndReason {
        case stopped
        case closed
        case fault(WorkerFault)
    }

    private let launch: WorkerLaunch
    private let arguments: WorkerArguments
    private let setup: WorkerSetup
    private let attention: WakeEvent
    private let state = Mutex(State())
    private let firstStart = WakeWord()
    /// For the instance's thread.
    let batchDone = WakeWord()

    /// Starts the first worker, and returns when it is ready.
    init(_ launch: WorkerLaunch, _ arguments: WorkerArguments, setup: WorkerSetup) throws(ServingError) {
        self.launch = launch
        self.arguments = arguments
        self.setup = setup
        guard let event = WakeEvent() else {
            throw ServingError(.unavailable, "a worker cannot be started: there are no more descriptors")
        }
        attention = event
        guard WorkerThread.start(name: "buckler-worker", body: { [self] in main() }) else {
            throw ServingError(.unavailable, "a worker cannot be started: the system has no more threads")
        }
        var outcome: Result<Void, ServingError>?
        while outcome == nil {
            firstStart.wait()
            outcome = state.withLock { $0.outcome }
        }
        try outcome?.get()
    }

    /// The worker that serves now, if there is one.
    var session: WorkerSession? { state.withLock { $0.session } }

    func onReady(_ wake: @escaping @Sendable () -> Void) { state.withLock { $0.onReady = wake } }

    /// What whoever comes while there is none is told.
    var refusal: ServingError { setup.unhealthy(.unavailable) }

    /// Lets the worker finish, for a while, and starts no other.
    /// - Parameter over: called when it is gone, possibly at once and on any thread.
    func stop(whenOver over: (@Sendable () -> Void)? = nil) {
        let isOver = state.withLock { state in
            state.supervision.stop()
            if let over, !state.isOver { state.whenOver.append(over) }
            return state.isOver
        }
        attention.post()
        if isOver { over?() }
    }

    private var isStopped: Bool { state.withLock { $0.supervision.state == .stopped } }

    private func main() {
        loop: while true {
            switch state.withLock({ $0.supervision.next(at: .now()) }) {
            case .leave: break loop
            case .wait(let until): pause(until: until)
            case .start: live()
            }
        }
        let waiting = state.withLock { state in
            state.isOver = true
            defer { state.whenOver = [] }
            return state.whenOver
        }
        for over in waiting { over() }
    }

    private func pause(until: MonotonicTime) {
        var waiting = pollfd(fd: attention.descriptor, events: Int16(POLLIN), revents: 0)
        let left = until.nanoseconds(since: .now()) / 1_000_000
        if poll(&waiting, 1, Int32(clamping: left) + 1) > 0 { attention.take() }
    }

    /// One worker, from its start to its end.
    private func live() {
        let signal = WorkerSignal(attention: attention)
        do throws(ServingError) {
            var run = try WorkerRun(launch, attention: attention) { [setup] in setup.logged(1, $0) }
            let session = WorkerSession(
                channel: run.process.channel,
                setup: setup,
                signal: signal,
                batchDone: batchDone
            )
            do throws(WorkerRun.StartProblem) {
                let text = try run.start(session, launch, arguments) { isStopped }
                do throws(WorkerFault) { try session.becameReady(text) } catch { throw .fault(error) }
            } catch {
                throw WorkerFailure.ofStart(
                    error,
                    ended: run.end(graceMilliseconds: Self.endGraceMilliseconds),
                    launch,
                    setup
                )
            }
            became(ready: session)
            let reason = serve(&run, session, signal)
            end(consume run, session, reason)
        } catch {
            startFailed(error)
        }
    }

    private func became(ready session: WorkerSession) {
        let onReady = state.withLock { state in
            state.supervision.becameReady(at: .now())
            state.session = session
            if state.outcome == nil { state.outcome = .success(()) }
            return state.onReady
        }
        firstStart.post()
        onReady?()
    }

    private func startFailed(_ error: ServingError) {
        let isFirst = state.withLock { state in
            state.supervision.ended(at: .now())
            guard state.outcome == nil else { return false }
            // A model that has never been ready is not loaded: whoever loads it tries again, or not.
            state.supervision.stop()
            state.outcome = .failure(error)
            return true
        }
        guard !isFirst else { return firstStart.post() }
        if !isStopped { setup.logged(3, error.message + (error.cause.map { " (\($0))" } ?? "")) }
    }

    private func serve(_ run: inout WorkerRun, _ session: WorkerSession, _ signal: WorkerSignal) -> EndReason {
        var swept = MonotonicTime.now()
        do throws(WorkerFault) {
            while true {
                if isStopped { return .stopped }
                if let fault = signal.fault { return .fault(fault) }
                // Requests that are answered later have nobody else who looks after them.
                let hasLongOnes = session.needsSweeping
                let patience = Int32(WorkerSession.sweepNanoseconds / 1_000_000)
                switch try run.listen(milliseconds: hasLongOnes ? patience : -1) {
                case .nothing: break
                case .closed: return .closed
                case .message(let message): try session.received(message)
                }
                guard hasLongOnes else { continue }
                let now = MonotonicTime.now()
                guard now.nanoseconds(since: swept) >= WorkerSession.sweepNanoseconds else { continue }
                swept = now
                session.sweep(at: now)
            }
        } catch {
            return .fault(error)
        }
    }

    private func end(_ run: consuming WorkerRun, _ session: WorkerSession, _ reason: EndReason) {
        // Readiness first: whoever hears that a request failed may ask.
        state.withLock { state in
            state.session = nil
            state.supervision.ended(at: .now())
        }
        var why = ""
        var grace = 0
        switch reason {
        case .stopped:
            finish(&run, session)
            grace = Self.endGraceMilliseconds
        case .closed: grace = Self.endGraceMilliseconds
        case .fault(let fault): why = fault.text
        }
        let inFlight = session.openRequestCount
        let (end, lines) = run.end(graceMilliseconds: grace)
        let cause = why.isEmpty ? end.text : "\(why); \(end.text)"
        if case .stopped = reason {
            if end != .exited(0) { setup.logged(2, "its worker \(cause) instead of finishing") }
        } else {
            let last = lines.isEmpty ? "" : "; it last printed: " + lines.joined(separator: " | ")
            setup.logged(3, "its worker failed with \(inFlight) requests in flight: \(cause)\(last)")
        }
        session.end(openRequests: setup.unhealthy(.internalError, cause: cause), refusal: refusal)
    }

    /// `finalize` gets its time.
    private func finish(_ run: inout WorkerRun, _ session: WorkerSession) {
        let limit = MonotonicTime.now().advanced(byNanoseconds: UInt64(launch.limits.finishSeconds) * 1_000_000_000)
        do throws(WorkerFault) {
            guard try run.process.channel.send(ServerMessage.finish()) == .sent else { return }
            while true {
                let left = limit.nanoseconds(since: .now()) / 1_000_000
                guard left > 0 else { return }
                switch try run.listen(milliseconds: Int32(clamping: left)) {
                case .nothing: continue
                case .closed: return
                case .message(let message): try session.received(message)
                }
            }
        } catch {
            setup.logged(2, error.text)
        }
    }
}

extension WorkerLane {
    /// Starts a worker for what it says once it is ready, and ends it. Blocks.
    static func startOnce(
        _ launch: WorkerLaunch,
        _ arguments: WorkerArguments,
        setup: WorkerSetup
    ) throws(ServingError) -> String {
        guard let attention = WakeEvent() else {
            throw ServingError(.unavailable, "a worker cannot be started: there are no more descriptors")
        }
        var run = try WorkerRun(launch, attention: attention) { setup.logged(1, $0) }
        let signal = WorkerSignal(attention: attention)
        let session = WorkerSession(channel: run.process.channel, setup: setup, signal: signal, batchDone: WakeWord())
        let answer: String
        do throws(WorkerRun.StartProblem) {
            answer = try run.start(session, launch, arguments) { false }
        } catch {
            throw WorkerFailure.ofStart(error, ended: run.end(graceMilliseconds: endGraceMilliseconds), launch, setup)
        }
        _ = run.end(graceMilliseconds: 0)
        return answer
    }
}

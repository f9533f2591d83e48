// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// One worker after the other for one instance of a model, on a thread of its own: starts it, hears it, ends it, and
/// starts the next. When is for ``Supervision`` to say.
final class WorkerLane: Sendable {
    /// How a worker that seems to be ending is given time, so that the log can tell how it ended.
    static let endGraceMilliseconds = 500

    struct State {
        var supervision = Supervision()
        /// Set while it is ready.
        var session: WorkerSession?
        /// Of the first start.
        var outcome: Result<Void, ServingError>?
        /// What the first worker is told if it is to open the model and wait, and what it said then.
        var opening: (any WorkerStartArguments)?
        var opened: Result<String, ServingError>?
        /// What workers are told that serve; not known before the model is configured.
        var serving: (arguments: any WorkerStartArguments, estimate: LeaseEstimate)?
        var isOver = false
        /// Whoever waits for the next worker.
        var onReady: (@Sendable () -> Void)?
        var whenOver: [@Sendable () -> Void] = []
    }

    private enum EndReason {
        case stopped
        case closed(unread: Bool)
        case fault(WorkerFault)
    }

    let launch: WorkerLaunch
    let setup: WorkerSetup
    private let attention: WakeEvent
    let state = Mutex(State())
    let firstStart = WakeWord()
    /// For the instance's thread.
    let batchDone = WakeWord()

    /// Starts the first worker, and returns when it is ready.
    convenience init(
        _ launch: WorkerLaunch,
        _ arguments: any WorkerStartArguments,
        setup: WorkerSetup
    ) throws(ServingError) {
        try self.init(launch, setup) { $0.serving = (arguments, setup.estimate) }
        try awaitFirst { $0.outcome }
    }

    /// Starts the first worker to open its model, which then waits for ``serve(_:estimate:)``: so a model that has to be
    /// looked at before it can be configured is opened once.
    convenience init(
        _ launch: WorkerLaunch,
        opening: any WorkerStartArguments,
        setup: WorkerSetup
    ) throws(ServingError) {
        try self.init(launch, setup) { $0.opening = opening }
    }

    /// What the worker says of the model that it has opened.
    func opened() throws(ServingError) -> String { try awaitFirst { $0.opened } }

    /// Returns when the worker that has opened the model is ready to run it.
    func serve(_ arguments: any WorkerStartArguments, estimate: LeaseEstimate) throws(ServingError) {
        state.withLock { $0.serving = (arguments, estimate) }
        attention.post()
        try awaitFirst { $0.outcome }
    }

    private init(_ launch: WorkerLaunch, _ setup: WorkerSetup, _ prepare: (inout State) -> Void) throws(ServingError) {
        self.launch = launch
        self.setup = setup
        state.withLock { prepare(&$0) }
        guard let event = WakeEvent() else {
            throw ServingError(.unavailable, "a worker cannot be started: there are no more descriptors")
        }
        attention = event
        guard WorkerThread.start(name: "buckler-worker", body: { [self] in main() }) else {
            throw ServingError(.unavailable, "a worker cannot be started: the system has no more threads")
        }
    }

    @discardableResult
    private func awaitFirst<Value>(
        _ outcome: (State) -> Result<Value, ServingError>?
    ) throws(ServingError) -> Value {
        while true {
            if let outcome = state.withLock({ outcome($0) }) { return try outcome.get() }
            firstStart.wait()
        }
    }

    /// The worker that serves now, if there is one.
    var session: WorkerSession? { state.withLock { $0.session } }

    /// For the instance's thread: the next worker after one that is gone, if it comes in time.
    func session(after gone: WorkerSession?, until limit: MonotonicTime) -> WorkerSession? {
        while true {
            let (session, isComing) = state.withLock { ($0.session, $0.supervision.starts(before: limit)) }
            if let session, session !== gone { return session }
            // One that is gone may not have been missed yet.
            guard isComing || session != nil, MonotonicTime.now() < limit else { return nil }
            batchDone.wait(
                untilNanoseconds: min(limit, .now().advanced(byNanoseconds: Self.lookNanoseconds)).nanoseconds
            )
        }
    }

    /// Whoever waits for a worker looks again after as long, whether it was woken or not.
    private static let lookNanoseconds: UInt64 = 10_000_000

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

    var isStopped: Bool { state.withLock { $0.supervision.state == .stopped } }

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
            if let processors = launch.limits.processors, !run.process.isBounded(by: .cpu) {
                setup.logged(
                    2,
                    "nothing holds it to the time of \(processors) processors: no cgroup of cpu can be had here"
                )
            }
            let session = WorkerSession(
                channel: run.process.channel,
                setup: setup,
                signal: signal,
                batchDone: batchDone
            )
            do throws(WorkerRun.StartProblem) {
                let text = try start(&run, session)
                do throws(WorkerFault) { try session.becameReady(text) } catch { throw .fault(error) }
            } catch {
                throw failure(consume run, error)
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
        batchDone.post()
        onReady?()
    }

    private func startFailed(_ error: ServingError) {
        let isFirst = state.withLock { state in
            state.supervision.ended(at: .now(), hasServed: false)
            guard state.outcome == nil else { return false }
            // A model that has never been ready is not loaded: whoever loads it tries again, or not.
            state.supervision.stop()
            state.outcome = .failure(error)
            if state.opened == nil { state.opened = .failure(error) }
            return true
        }
        guard !isFirst else { return firstStart.post() }
        guard !isStopped else { return }
        setup.metrics.failures.count(.start)
        setup.logged(3, error.message + (error.cause.map { " (\($0))" } ?? ""))
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
                case .closed(let unread): return .closed(unread: unread)
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
            state.supervision.ended(at: .now(), hasServed: session.hasServed)
        }
        var why = ""
        var grace = 0
        var failure: WorkerFailureCounts.Reason?
        switch reason {
        case .stopped:
            finish(&run, session)
            grace = Self.endGraceMilliseconds
        case .closed(let unread):
            if unread { session.takeBackUnread() }
            grace = Self.endGraceMilliseconds
            failure = .ended
        case .fault(let fault):
            why = fault.text
            failure = fault.isTimeout ? .timeout : .fault
        }
        let inHand = session.openRequests
        let (end, lines) = run.end(graceMilliseconds: grace)
        let cause = why.isEmpty ? end.text : "\(why); \(end.text)"
        if let failure {
            setup.metrics.failures.count(failure)
            setup.logged(3, CrashReport(cause: cause, requests: inHand, lastLines: lines).text)
        } else if end != .exited(0) {
            setup.logged(2, "its worker \(cause) instead of finishing")
        }
        session.end(openRequests: setup.unhealthy(.internalError, cause: cause))
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

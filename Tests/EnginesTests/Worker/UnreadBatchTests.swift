// SPDX-License-Identifier: Apache-2.0
import CLinux
import Inference
import Synchronization
import Testing

@testable import Engines

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Which batches a worker takes with it when it ends: those that it has read, and no others.
@Suite struct UnreadBatchTests {
    /// A session with a worker that is the test itself.
    private final class Scene: Sendable {
        let session: WorkerSession
        let worker: Int32
        let answers = Answers()
        private let requests = [BatchedRequest(request: makeRequest([fp32("INPUT0", [1, 1], [1])]), batchSize: 1)]

        init() throws {
            let (server, worker) = try #require(WorkerChannel.pair())
            self.worker = worker
            let setup = WorkerSetup(
                modelName: "m",
                version: 1,
                instanceName: "m_0_0",
                isDecoupled: false,
                limits: WorkerLimits(),
                estimate: LeaseEstimate(outputs: []),
                log: WorkerLog { _, _ in },
                metrics: ModelMetrics(ModelIdentity(name: "m", version: 1))
            )
            let signal = WorkerSignal(attention: try #require(WakeEvent()))
            session = WorkerSession(channel: server, setup: setup, signal: signal, batchDone: WakeWord())
        }

        /// - Returns: whether the worker has seen the batch.
        func run() throws -> Bool {
            let batch = ExecutionBatch(requests: requests, totalBatchSize: 1, responder: answers)
            let block = try RequestBlock(requests)
            guard let turn = try session.begin(block, batch: batch) else { return false }
            let seen = session.run(turn, requests: 1)
            // As a scheduler would: what nobody answered is for whoever runs it next.
            if !seen { batch.sender(forRequestAt: 0).fail(ServingError(.unknown, "again")) }
            return seen
        }

        /// - Returns: the kind of the next message.
        func hear() -> UInt16 {
            var bytes = [UInt8](repeating: 0, count: WorkerProtocol.messageBytes)
            var passed: Int32 = -1
            let count = bytes.withUnsafeMutableBytes {
                buckler_channel_wait(worker, $0.baseAddress!, $0.count, &passed)
            }
            if passed >= 0 { close(passed) }
            return count > 0 ? UInt16(bytes[0]) | UInt16(bytes[1]) << 8 : 0
        }

        /// What the thread does that hears the worker.
        func end() throws {
            let space = UnsafeMutableRawBufferPointer.allocate(byteCount: 16, alignment: 16)
            defer { space.deallocate() }
            guard case .end(let unread) = try session.channel.receive(into: space) else {
                Issue.record("the channel has no end")
                return
            }
            if unread { session.takeBackUnread() }
            session.end(openRequests: ServingError(.internalError, "lost"))
        }
    }

    private enum Step { case closes, readsAll, isToldMore }

    private func outcome(_ steps: [Step]) throws -> (seen: Bool, message: String?) {
        let scene = try Scene()
        if steps.isEmpty {
            // Gone before the batch is sent, which has not been noticed.
            close(scene.worker)
            return (try scene.run(), scene.answers.error()?.message)
        }
        let seen = Mutex<Bool?>(nil)
        let isOver = WakeWord()
        let started = WorkerThread.start(name: "instance") {
            let result = try? scene.run()
            seen.withLock { $0 = result }
            isOver.post()
        }
        #expect(started)
        while scene.session.openRequests.isEmpty { usleep(1000) }
        var waiting = pollfd(fd: scene.worker, events: Int16(POLLIN), revents: 0)
        poll(&waiting, 1, 5000)
        // The area comes first.
        #expect(scene.hear() == WorkerProtocol.Kind.area.rawValue)
        poll(&waiting, 1, 5000)
        for step in steps {
            switch step {
            case .readsAll: #expect(scene.hear() == WorkerProtocol.Kind.execute.rawValue)
            case .isToldMore: scene.session.send(ServerMessage.probe(1))
            case .closes:
                close(scene.worker)
                try scene.end()
            }
        }
        while seen.withLock({ $0 }) == nil { isOver.wait() }
        return (seen.withLock { $0 } ?? true, scene.answers.error()?.message)
    }

    @Test func aWorkerThatWasGoneHasSeenNothing() throws {
        let (seen, message) = try outcome([])
        #expect(!seen && message == "again")
    }

    @Test func aBatchThatWasNotReadIsNotLost() throws {
        let (seen, message) = try outcome([.closes])
        #expect(!seen && message == "again")
    }

    @Test func aBatchThatWasReadIs() throws {
        let (seen, message) = try outcome([.readsAll, .closes])
        #expect(seen && message == "lost")
    }

    /// What was not read may be the other message.
    @Test func aBatchThatMayHaveBeenReadIs() throws {
        let (seen, message) = try outcome([.isToldMore, .closes])
        #expect(seen && message == "lost")
        let (seenToo, messageToo) = try outcome([.readsAll, .isToldMore, .closes])
        #expect(seenToo && messageToo == "lost")
    }
}

// SPDX-License-Identifier: Apache-2.0
import Inference
import KServeClient
import NIOCore
import NIOPosix

/// The connections of one event loop to one server, and their shared tally. Used on that loop only.
final class LoadLane {
    let request: ByteBuffer
    private let loop: any EventLoop
    private let address: ServerAddress
    private let comparesBodies: Bool
    private let depths: [Int]
    private var tally = LoadTally()
    private var firstBody: ByteBuffer?
    private var startedAt: UInt64?
    private var elapsed: UInt64 = 0
    private var openConnections = 0
    private var stopped: EventLoopPromise<Void>?
    private(set) var isStopping = false

    /// - Parameter depths: for each connection, how many requests it keeps under way.
    init(target: LoadTarget, depths: [Int], comparesBodies: Bool, loop: any EventLoop) {
        request = ByteBuffer(bytes: target.request)
        address = target.address
        self.depths = depths
        self.comparesBodies = comparesBodies
        self.loop = loop
    }

    /// Opens every connection; each starts to send as soon as it is there.
    func open() -> EventLoopFuture<Void> {
        EventLoopFuture.andAllSucceed(depths.map { connect(depth: $0) }, on: loop)
    }

    private func connect(depth: Int) -> EventLoopFuture<Void> {
        let lane = NIOLoopBound(self, eventLoop: loop)
        openConnections += 1
        let connecting = ClientBootstrap(group: loop)
            .connectTimeout(.seconds(5))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LoadConnection(lane: lane.value, depth: depth))
                }
            }
            .connect(host: address.host, port: address.port)
        connecting.whenFailure { _ in lane.value.connectionRefused(depth: depth) }
        return connecting.map { _ in }
    }

    private func connectionRefused(depth: Int) {
        requestsFailed("connection refused", count: 1)
        connectionEnded(cleanly: false, depth: depth)
    }

    /// A server may close connections as it likes; the number in flight is kept up all the same.
    func connectionEnded(cleanly: Bool, depth: Int) {
        openConnections -= 1
        if isStopping {
            if openConnections == 0 { stopped?.succeed() }
            return
        }
        let lane = NIOLoopBound(self, eventLoop: loop)
        let delay: TimeAmount = cleanly ? .zero : .milliseconds(100)
        loop.scheduleTask(in: delay) {
            if !lane.value.isStopping { _ = lane.value.connect(depth: depth) }
        }
    }

    func requestAnswered(_ response: FramedResponse, after nanoseconds: UInt64) {
        guard startedAt != nil else { return }
        guard response.status == 200 else {
            tally.refused(status: response.status, body: String(buffer: response.body.prefix(200)))
            return
        }
        var changed = false
        if comparesBodies {
            if let firstBody { changed = firstBody != response.body } else { firstBody = response.body }
        }
        tally.succeeded(after: nanoseconds, bodyChanged: changed)
    }

    func requestsFailed(_ cause: String, count: Int) {
        guard startedAt != nil else { return }
        tally.failed(cause, count: count)
    }

    func beginCounting() {
        tally = LoadTally()
        startedAt = MonotonicTime.now().nanoseconds
    }

    /// - Returns: the tally, and the nanoseconds that it covers.
    func endCounting() -> (tally: LoadTally, nanoseconds: UInt64) {
        elapsed = MonotonicTime.now().nanoseconds &- (startedAt ?? 0)
        startedAt = nil
        return (tally, elapsed)
    }

    /// Sends no more; done once every answer under way has come, or after two seconds.
    func stop() -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        isStopping = true
        stopped = promise
        if openConnections == 0 { promise.succeed() }
        let giveUp = loop.scheduleTask(in: .seconds(2)) { promise.succeed() }
        promise.futureResult.whenComplete { _ in giveUp.cancel() }
        return promise.futureResult
    }
}

extension ByteBuffer {
    fileprivate func prefix(_ count: Int) -> ByteBuffer {
        getSlice(at: readerIndex, length: Swift.min(count, readableBytes)) ?? ByteBuffer()
    }
}

// SPDX-License-Identifier: Apache-2.0
import Inference
import KServeClient
import NIOCore
import NIOPosix

/// The connections of one event loop to one server, and their shared tally. Used on that loop only.
final class LoadLane {
    private let target: LoadTarget
    private let loop: any EventLoop
    private let comparesBodies: Bool
    private let depths: [Int]
    private var tally = LoadTally()
    private var firstBody: ByteBuffer?
    private var startedAt: UInt64?
    private var elapsed: UInt64 = 0
    private var openConnections = 0
    /// Streams have no end of their own, so that their connections are closed when the load stops.
    private var channels: [ObjectIdentifier: any Channel] = [:]
    private var stopped: EventLoopPromise<Void>?
    private(set) var isStopping = false

    /// - Parameter depths: for each connection, how many requests it keeps under way.
    init(target: LoadTarget, depths: [Int], comparesBodies: Bool, loop: any EventLoop) {
        self.target = target
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
                channel.eventLoop.makeCompletedFuture { try lane.value.addHandlers(to: channel, depth: depth) }
            }
            .connect(host: target.address.host, port: target.address.port)
        connecting.whenFailure { _ in lane.value.connectionRefused(depth: depth) }
        return connecting.map { _ in }
    }

    private func addHandlers(to channel: any Channel, depth: Int) throws {
        let pipeline = channel.pipeline.syncOperations
        if let tls = target.tls { try pipeline.addHandler(TLSTrust.handler(tls, host: target.address.host)) }
        switch target.request {
        case .http(let bytes):
            try pipeline.addHandler(LoadConnection(lane: self, request: ByteBuffer(bytes: bytes), depth: depth))
        case .grpc(let request):
            try pipeline.addHandler(GRPCLoadConnection(lane: self, request: request, depth: depth))
        }
        guard target.isStreaming else { return }
        let key = ObjectIdentifier(channel)
        channels[key] = channel
        let lane = NIOLoopBound(self, eventLoop: loop)
        channel.closeFuture.whenComplete { _ in lane.value.channels[key] = nil }
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
            tally.refused(status: response.status, body: words(of: response.body))
            return
        }
        requestSucceeded(response.body, after: nanoseconds)
    }

    /// The key is taken out before the text is cut, which could leave a part of it.
    private func words(of body: ByteBuffer) -> String {
        String(target.apiKey.redacted(String(buffer: body.prefix(64 << 10))).prefix(200))
    }

    func requestSucceeded(_ body: ByteBuffer, after nanoseconds: UInt64) {
        guard startedAt != nil else { return }
        var changed = false
        if comparesBodies {
            if let firstBody { changed = firstBody != body } else { firstBody = body }
        }
        tally.succeeded(after: nanoseconds, bodyChanged: changed)
    }

    func requestRefused(_ status: GRPCStatus) {
        guard startedAt != nil else { return }
        tally.refused(status, words: target.apiKey.redacted(status.message))
    }

    /// One of the responses of a request on a stream.
    func responseArrived() {
        guard startedAt != nil else { return }
        tally.responded()
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
        for channel in channels.values { channel.close(promise: nil) }
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

// SPDX-License-Identifier: Apache-2.0
import KServeClient
import NIOCore
import NIOPosix

/// How long and how hard one server is pressed.
struct LoadPlan: Sendable {
    var inFlight: Int
    /// 0: one for each request in flight. Fewer means that requests are pipelined.
    var connections = 0
    var threads = 1
    var warmUpSeconds: Double
    var seconds: Double
    var comparesBodies = false

    /// For each connection of each event loop, the requests that it keeps under way.
    var depths: [[Int]] {
        let count = connections == 0 ? inFlight : min(connections, inFlight)
        let lanes = min(threads, count)
        var depths = Array(repeating: [Int](), count: lanes)
        for index in 0..<count {
            depths[index % lanes].append(inFlight / count + (index < inFlight % count ? 1 : 0))
        }
        return depths
    }
}

/// Presses one server once and says what was seen.
struct LoadRun: Sendable {
    var target: LoadTarget
    var plan: LoadPlan
    var group: any EventLoopGroup

    /// - Throws: ``ClientError/cannotConnect(_:reason:)`` if the first connections fail. Later failures are counted.
    func measure() async throws -> Measurement {
        let lanes = makeLanes()
        do {
            for lane in lanes { try await lane.flatMap { $0.open() } }
        } catch {
            for lane in lanes { try await lane.flatMap { $0.stop() } }
            throw ClientError.cannotConnect(target.address, reason: ClientError.reason(ofConnecting: error))
        }
        try await Task.sleep(for: .seconds(plan.warmUpSeconds))
        let batchesBefore = await batchCounters()
        let serverBefore = target.processID.flatMap { ProcessUsage.nanoseconds(ofTree: $0) }
        let clientBefore = ProcessUsage.ownNanoseconds()
        for lane in lanes { try await lane.run { $0.beginCounting() } }
        try await Task.sleep(for: .seconds(plan.seconds))
        var tally = LoadTally()
        var nanoseconds: UInt64 = 0
        for lane in lanes {
            let part = try await lane.run { $0.endCounting() }
            tally.add(part.tally)
            nanoseconds = max(nanoseconds, part.nanoseconds)
        }
        let clientAfter = ProcessUsage.ownNanoseconds()
        let serverAfter = target.processID.flatMap { ProcessUsage.nanoseconds(ofTree: $0) }
        let batchesAfter = await batchCounters()
        for lane in lanes { try await lane.flatMap { $0.stop() } }
        var measurement = Measurement(tally: tally, inFlight: plan.inFlight, nanoseconds: nanoseconds)
        measurement.isStreaming = target.isStreaming
        measurement.clientNanoseconds = clientAfter - clientBefore
        if let serverBefore, let serverAfter, serverAfter >= serverBefore {
            measurement.serverNanoseconds = serverAfter - serverBefore
        }
        if let batchesBefore, let batchesAfter { measurement.batchFormed = batchesAfter.mean(since: batchesBefore) }
        return measurement
    }

    private func makeLanes() -> [LaneReference] {
        plan.depths.map { depths in
            let loop = group.next()
            return LaneReference(loop: loop, target: target, depths: depths, comparesBodies: plan.comparesBodies)
        }
    }

    private func batchCounters() async -> BatchCounters? {
        guard let model = target.statisticsModel else { return nil }
        guard target.address.scheme.isGRPC else {
            let (tls, apiKey) = (target.tls, target.apiKey)
            let exchange = HTTPExchange(address: target.address, timeoutSeconds: 2, tls: tls, apiKey: apiKey)
            return (try? await KServeClient(exchange).statistics(ofModel: model)).flatMap { BatchCounters($0) }
        }
        var settings = GRPCConnection.Settings()
        settings.timeoutSeconds = 2
        settings.apiKey = target.apiKey
        guard let connection = try? await GRPCConnection.open(target.address, tls: target.tls, settings: settings)
        else { return nil }
        let document = try? await GRPCInferenceClient(connection).statistics(ofModel: model)
        await connection.close()
        return document.flatMap { BatchCounters($0) }
    }
}

/// A lane seen from outside its event loop.
private struct LaneReference: Sendable {
    private let loop: any EventLoop
    private let lane: EventLoopFuture<NIOLoopBound<LoadLane>>

    init(loop: any EventLoop, target: LoadTarget, depths: [Int], comparesBodies: Bool) {
        self.loop = loop
        lane = loop.submit {
            let lane = LoadLane(target: target, depths: depths, comparesBodies: comparesBodies, loop: loop)
            return NIOLoopBound(lane, eventLoop: loop)
        }
    }

    func run<Result: Sendable>(_ body: @escaping @Sendable (LoadLane) -> Result) async throws -> Result {
        try await lane.map { body($0.value) }.get()
    }

    func flatMap(_ body: @escaping @Sendable (LoadLane) -> EventLoopFuture<Void>) async throws {
        try await lane.flatMap { body($0.value) }.get()
    }
}

/// How many inferences and how many executions a model has had, versions together.
struct BatchCounters: Equatable, Sendable {
    var inferences: Double
    var executions: Double

    init?(_ document: JSONValue) {
        guard let models = document["model_stats"]?.elements, !models.isEmpty else { return nil }
        inferences = 0
        executions = 0
        for model in models {
            inferences += model["inference_count"]?.double ?? 0
            executions += model["execution_count"]?.double ?? 0
        }
    }

    /// Inferences per execution; `nil` if nothing was executed in between.
    func mean(since earlier: BatchCounters) -> Double? {
        let executions = executions - earlier.executions
        return executions > 0 ? (inferences - earlier.inferences) / executions : nil
    }
}

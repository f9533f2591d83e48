// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import KServeClient
import NIOCore
import NIOPosix

/// `buckler bench`: how fast a KServe v2 server answers, alone or in turn with another.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Press a KServe v2 server and show how fast it answers.",
        discussion: """
            Keeps a number of requests in flight, one on each connection, and measures for --duration seconds after a \
            warm-up. Speaks HTTP, or gRPC with -i grpc; with --streaming every response on a stream is counted. \
            With --against, two servers are measured in turn and compared pair by pair.
            """
    )

    @OptionGroup(title: "Target") var target: BenchTargetOptions
    @OptionGroup(title: "Comparison") var comparison: BenchComparisonOptions
    @OptionGroup(title: "Load") var load: BenchLoadOptions

    @Flag(help: "Print the results as JSON.")
    var json = false

    func validate() throws {
        guard target.model != nil || target.rawBody != nil else {
            throw ValidationError("Name a model with --model, or a request with --raw-body and --path.")
        }
        guard target.rawBody == nil || target.path != nil || target.model != nil else {
            throw ValidationError("--raw-body needs --path.")
        }
    }

    func run() async throws {
        let address = try target.server.address()
        let apiKey = try target.server.apiKey()
        let message = try await target.message(apiKey: apiKey)
        let request = try target.request(message, to: address)
        if let record = load.record { return try await askOnce(request, recordingTo: record, at: address, apiKey) }
        let first = try target.loadTarget(request, at: address, apiKey: apiKey)
        let second = try comparison.loadTarget(target) { address throws(ClientError) in
            try target.request(message, to: address)
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: load.threads)
        var reports: [BenchReport] = []
        for inFlight in load.concurrency.counts {
            let plan = load.plan(inFlight: inFlight)
            let report: BenchReport
            if let second {
                report = .paired(try await Self.pairs(comparison.pairs, first, second, plan, group))
            } else {
                report = .single(try await LoadRun(target: first, plan: plan, group: group).measure())
            }
            reports.append(report)
        }
        try await group.shutdownGracefully()
        let labels = [first.label, second?.label ?? ""]
        Terminal.output.line(
            json ? BenchReport.json(reports, labels: labels).prettyText : BenchReport.text(reports, labels: labels)
        )
        if reports.contains(where: \.hasOnlyFailures) { throw ExitCode.failure }
    }

    private func askOnce(
        _ request: BenchRequest,
        recordingTo file: String,
        at address: ServerAddress,
        _ apiKey: APIKey?
    ) async throws {
        let client = try await target.server.client(address, timeoutSeconds: 60, apiKey: apiKey)
        guard case .grpc(let client) = client, !request.isStreaming else {
            throw ClientError.badInput("--record needs gRPC and no stream")
        }
        let answer = try await client.connection.unary(request.path, request.body)
        try InputFile.write(request.body, to: file + ".request")
        try InputFile.write(answer, to: file + ".answer")
    }

    /// Every other pair begins with the second server, so that neither profits from going first.
    private static func pairs(
        _ count: Int,
        _ first: LoadTarget,
        _ second: LoadTarget,
        _ plan: LoadPlan,
        _ group: MultiThreadedEventLoopGroup
    ) async throws -> PairedMeasurement {
        var result = PairedMeasurement(inFlight: plan.inFlight)
        let firstRun = LoadRun(target: first, plan: plan, group: group)
        let secondRun = LoadRun(target: second, plan: plan, group: group)
        for pair in 0..<count {
            if pair % 2 == 0 { result.first.append(try await firstRun.measure()) }
            result.second.append(try await secondRun.measure())
            if pair % 2 == 1 { result.first.append(try await firstRun.measure()) }
        }
        return result
    }
}

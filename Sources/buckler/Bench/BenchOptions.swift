// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import KServeClient

/// Which server is measured and what it is sent.
struct BenchTargetOptions: ParsableArguments {
    @OptionGroup var server: ServerOptions

    @Option(name: [.short, .long], help: "The model to ask.")
    var model: String?

    @Option(help: "The version of the model; the server's choice if not given.")
    var modelVersion: String?

    @Option(help: "How tensors travel over HTTP: binary or json.")
    var encoding = InferenceMessage.Encoding.binary

    @Flag(help: "Send requests on gRPC streams, one at a time on each, and count every response.")
    var streaming = false

    @Option(help: "zeros, random, or a file with a KServe v2 request as JSON.")
    var inputData = "random"

    @Option(name: .customLong("shape"), help: "The shape of an input, as in --shape INPUT0:1,784. May be repeated.")
    var shapes: [ShapeArgument] = []

    @Option(help: "A file that is sent as it is, in place of an inference request; over gRPC, a message.")
    var rawBody: String?

    @Option(help: "Where --raw-body is sent; over gRPC, a method if it is not ModelInfer or ModelStreamInfer.")
    var path: String?

    @Option(name: .customLong("header"), help: "A header for --raw-body, as in --header 'Content-Type: text/plain'.")
    var headers: [HeaderArgument] = []

    @Option(help: "The server's process id: its CPU time is measured, its children's too.")
    var pid: Int32?

    /// What both servers are asked; `nil` if a file is sent as it is.
    func message(apiKey: APIKey?) async throws(ClientError) -> ModelInferMessage? {
        guard rawBody == nil else { return nil }
        let content: BenchInput.Content
        switch inputData {
        case "zeros": content = .zeros
        case "random": content = .random
        default:
            return try ModelInferMessage(
                modelName: model ?? "",
                modelVersion: modelVersion,
                document: InputFile.document(inputData)
            )
        }
        let client = try await server.client(try server.address(), timeoutSeconds: 60, apiKey: apiKey)
        let metadata = try await client.models.metadata(ofModel: model ?? "", version: modelVersion)
        let given = Dictionary(shapes.map { ($0.name, $0.dimensions) }) { $1 }
        let inputs = try BenchInput.tensors(metadata: metadata, shapes: given, content: content)
        return ModelInferMessage(modelName: model ?? "", modelVersion: modelVersion, inputs: inputs)
    }

    func request(_ message: ModelInferMessage?, to address: ServerAddress) throws(ClientError) -> BenchRequest {
        let isGRPC = address.scheme.isGRPC
        if streaming, !isGRPC { throw .badInput("--streaming needs gRPC: -i grpc, or grpc://HOST:8001") }
        if let rawBody {
            let inferPath = KServeClient.path(ofModel: model ?? "", version: modelVersion) + "/infer"
            let usual = isGRPC ? BenchRequest.method(isStreaming: streaming) : inferPath
            return BenchRequest(
                path: path ?? usual,
                headers: headers.map(\.pair),
                body: try InputFile.read(rawBody),
                isStreaming: streaming
            )
        }
        guard let message else { throw .badInput("name a model with --model") }
        if isGRPC { return try BenchRequest(grpc: message, isStreaming: streaming) }
        return try BenchRequest(http: message, encoding: encoding)
    }

    func loadTarget(
        _ request: BenchRequest,
        at address: ServerAddress,
        apiKey: APIKey?
    ) throws(ClientError) -> LoadTarget {
        try Self.checkProcess(pid, "--pid")
        let tls = try server.tls(for: address)
        var target = LoadTarget(address: address, request, tls: tls, apiKey: apiKey, processID: pid)
        target.statisticsModel = model
        return target
    }

    /// Measuring nothing would look like a server that needs no time.
    static func checkProcess(_ process: Int32?, _ option: String) throws(ClientError) {
        guard let process, ProcessUsage.nanoseconds(ofTree: process) == nil else { return }
        throw .badInput("\(option) \(process): there is no such process")
    }
}

/// The second server, if there is one, and how it is asked if not as the first.
struct BenchComparisonOptions: ParsableArguments {
    @Option(help: "A second server, measured in turn with the first; it is asked the same unless told otherwise.")
    var against: String?

    @Option(help: "How many pairs of measurements.")
    var pairs = 7

    @Option(help: "A file that begins with the second server's API key; that of the first is not sent there.")
    var againstApiKeyFile: String?

    @Option(help: "The second server's process id.")
    var againstPid: Int32?

    @Option(help: "A file that is sent to the second server as it is.")
    var againstRawBody: String?

    @Option(help: "The path of the second server's requests.")
    var againstPath: String?

    @Option(name: .customLong("against-header"), help: "A header for --against-raw-body. May be repeated.")
    var headers: [HeaderArgument] = []

    @Option(help: "The model whose statistics tell the second server's batch size.")
    var againstModel: String?

    func validate() throws {
        guard (1...1000).contains(pairs) else { throw ValidationError("--pairs is a number from 1 to 1000.") }
    }

    /// - Parameter request: what is sent to an address if nothing else is said.
    func loadTarget(
        _ first: BenchTargetOptions,
        default request: (ServerAddress) throws(ClientError) -> BenchRequest
    ) throws(ClientError) -> LoadTarget? {
        guard let against else { return nil }
        try BenchTargetOptions.checkProcess(againstPid, "--against-pid")
        let address = try first.server.address(against)
        var sent = try request(address)
        if let againstPath { sent.path = againstPath }
        if let againstRawBody {
            sent.body = try InputFile.read(againstRawBody)
            sent.headers = headers.map(\.pair)
        }
        var target = LoadTarget(
            address: address,
            sent,
            tls: try first.server.tls(for: address),
            apiKey: try againstApiKeyFile.map { path throws(ClientError) in
                try ServerOptions.apiKey(inFile: path, "--against-api-key-file")
            },
            processID: againstPid
        )
        target.statisticsModel = againstModel
        return target
    }
}

/// How much, for how long, from how many threads.
struct BenchLoadOptions: ParsableArguments {
    @Option(help: "Requests in flight; several numbers are measured one after another.")
    var concurrency = CountList(counts: [1, 8, 32])

    @Option(
        help: "Connections; one for each request in flight if not given. Fewer means pipelining, or many calls on each."
    )
    var connections = 0

    @Option(help: "Event loop threads of this client.")
    var threads = 1

    @Option(help: "Seconds that are measured, for each server and number in flight.")
    var duration = 5.0

    @Option(help: "Seconds of load before counting begins.")
    var warmup = 1.0

    @Option(help: "Ask once over gRPC, write the message and its answer to FILE.request and FILE.answer, and stop.")
    var record: String?

    @Flag(help: "Compare each answer's body with the first one's and count those that differ.")
    var verify = false

    func validate() throws {
        guard (0...65_536).contains(connections) else { throw ValidationError("--connections is at most 65536.") }
        guard (1...64).contains(threads) else { throw ValidationError("--threads is a number from 1 to 64.") }
        guard duration > 0, duration <= 3600 else { throw ValidationError("--duration is above 0 and at most 3600.") }
        guard warmup >= 0, warmup <= 3600 else { throw ValidationError("--warmup is from 0 to 3600.") }
    }

    func plan(inFlight: Int) -> LoadPlan {
        LoadPlan(
            inFlight: inFlight,
            connections: connections,
            threads: threads,
            warmUpSeconds: warmup,
            seconds: duration,
            comparesBodies: verify
        )
    }
}

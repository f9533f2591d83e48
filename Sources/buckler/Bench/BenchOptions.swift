// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import KServeClient

/// Which server is measured and what it is sent.
struct BenchTargetOptions: ParsableArguments {
    @Option(help: "The server, like http://127.0.0.1:8000.")
    var url = "http://127.0.0.1:8000"

    @Option(name: [.short, .long], help: "The model to ask.")
    var model: String?

    @Option(help: "The version of the model; the server's choice if not given.")
    var modelVersion: String?

    @Option(help: "How tensors travel: binary or json.")
    var encoding = InferenceMessage.Encoding.binary

    @Option(help: "zeros, random, or a file with a KServe v2 request as JSON.")
    var inputData = "random"

    @Option(name: .customLong("shape"), help: "The shape of an input, as in --shape INPUT0:1,784. May be repeated.")
    var shapes: [ShapeArgument] = []

    @Option(help: "A file that is sent as it is, in place of an inference request.")
    var rawBody: String?

    @Option(help: "Where --raw-body is sent.")
    var path: String?

    @Option(name: .customLong("header"), help: "A header for --raw-body, as in --header 'Content-Type: text/plain'.")
    var headers: [HeaderArgument] = []

    @Option(help: "The server's process id: its CPU time is measured, its children's too.")
    var pid: Int32?

    func request() async throws(ClientError) -> BenchRequest {
        if let rawBody {
            let path = path ?? KServeClient.path(ofModel: model ?? "", version: modelVersion) + "/infer"
            return BenchRequest(path: path, headers: headers.map(\.pair), body: try InputFile.read(rawBody))
        }
        let model = model ?? ""
        let message = try InferenceMessage(inputs: try await inputs(ofModel: model), encoding: encoding)
        let path = KServeClient.path(ofModel: model, version: modelVersion) + "/infer"
        return BenchRequest(path: path, headers: message.headers, body: message.body)
    }

    private func inputs(ofModel model: String) async throws(ClientError) -> [ClientTensor] {
        let content: BenchInput.Content
        switch inputData {
        case "zeros": content = .zeros
        case "random": content = .random
        default: return try InferenceMessage.inputs(ofRequest: InputFile.document(inputData))
        }
        let client = KServeClient(try ServerAddress(url))
        let metadata = try await client.metadata(ofModel: model, version: modelVersion)
        let given = Dictionary(shapes.map { ($0.name, $0.dimensions) }) { $1 }
        return try BenchInput.tensors(metadata: metadata, shapes: given, content: content)
    }

    func loadTarget(_ request: BenchRequest) throws(ClientError) -> LoadTarget {
        var target = LoadTarget(
            address: try ServerAddress(url),
            path: request.path,
            headers: request.headers,
            body: request.body,
            processID: pid
        )
        target.statisticsModel = model
        return target
    }
}

/// A request before it is known to whom it goes.
struct BenchRequest: Sendable {
    var path: String
    var headers: [(String, String)]
    var body: [UInt8]
}

/// The second server, if there is one, and how it is asked if not as the first.
struct BenchComparisonOptions: ParsableArguments {
    @Option(help: "A second server, measured in turn with the first; it is sent the same unless told otherwise.")
    var against: String?

    @Option(help: "How many pairs of measurements.")
    var pairs = 7

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

    func loadTarget(default request: BenchRequest) throws(ClientError) -> LoadTarget? {
        guard let against else { return nil }
        var request = request
        if let againstPath { request.path = againstPath }
        if let againstRawBody {
            request.body = try InputFile.read(againstRawBody)
            request.headers = headers.map(\.pair)
        }
        var target = LoadTarget(
            address: try ServerAddress(against),
            path: request.path,
            headers: request.headers,
            body: request.body,
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

    @Option(help: "Connections; one for each request in flight if not given. Fewer means pipelining.")
    var connections = 0

    @Option(help: "Event loop threads of this client.")
    var threads = 1

    @Option(help: "Seconds that are measured, for each server and number in flight.")
    var duration = 5.0

    @Option(help: "Seconds of load before counting begins.")
    var warmup = 1.0

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

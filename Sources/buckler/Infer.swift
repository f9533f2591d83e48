// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Inference
import KServeClient

/// `buckler infer`: ask a model once and show what it says.
struct Infer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send tensors to a model and print its answer.",
        discussion: """
            A value is a list of numbers or words (--input X=1,2,3), a JSON array in a file (--input X=@x.json) or a \
            saved numpy array (--input X=@x.npy). Type and shape come from the model's metadata, a saved array's from \
            its own header. --file sends a whole KServe v2 request.
            """
    )

    @Argument(help: "The model to ask.")
    var model: String

    @OptionGroup(title: "Server") var server: ServerOptions

    @Option(
        help: "The version of the model; the server's choice if not given.",
        transform: ModelVersionArgument.parse
    )
    var modelVersion: String?

    @Option(name: .customLong("input"), help: "NAME=VALUE or NAME=@FILE. May be repeated.")
    var inputs: [TensorArgument] = []

    @Option(name: .customLong("shape"), help: "The shape of an input, as in --shape INPUT0:1,784. May be repeated.")
    var shapes: [ShapeArgument] = []

    @Option(help: "A KServe v2 request as JSON.")
    var file: String?

    @Option(name: .customLong("classes"), help: "OUTPUT:K, for its K best classes. May be repeated.")
    var classes: [ShapeArgument] = []

    @Flag(help: "Send and ask for tensors as bytes in place of JSON. Over gRPC they always are.")
    var binary = false

    @Flag(help: "Ask on a gRPC stream and print each answer as it comes; models that answer many times need it.")
    var streaming = false

    @Flag(help: "Print the answer as JSON.")
    var json = false

    @Option(help: "Seconds to wait for the answer.")
    var timeout = 60

    func validate() throws {
        guard inputs.isEmpty != (file == nil) else {
            throw ValidationError("Give either --input, once for each input of the model, or --file.")
        }
        guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout is from 1 to 86400.") }
        guard classes.allSatisfy({ $0.dimensions.count == 1 && $0.dimensions[0] > 0 }) else {
            throw ValidationError("--classes is an output's name and a number, as in --classes OUTPUT0:3.")
        }
    }

    func run() async throws {
        let address = try server.address()
        switch try await server.client(address, timeoutSeconds: timeout) {
        case .http(let client):
            guard !streaming else { throw ClientError.badInput("--streaming needs gRPC: -i grpc, or grpc://HOST:8001") }
            try show(try await client.infer(model: model, version: modelVersion, try await message(client)))
        case .grpc(let client):
            let message = try await modelInferMessage(client)
            if streaming { return try await stream(client, message) }
            try show(try await client.infer(message))
        }
    }

    private func stream(_ client: GRPCInferenceClient, _ message: ModelInferMessage) async throws {
        var answers = try await InferenceStream(client, message)
        var failures = 0
        while let answer = try await answers.next() {
            switch answer {
            // It says only that the one before was the last.
            case .response(let answer, isFinal: true) where answer.outputs.isEmpty: break
            case .response(let answer, _): try show(answer)
            case .failed(let reason):
                Terminal.failure(of: "infer", reason)
                failures += 1
            }
        }
        if failures > 0 { throw ExitCode.failure }
    }

    private func show(_ answer: InferenceAnswer) throws(ClientError) {
        Terminal.output.line(json ? try InferText.json(answer).prettyText : try InferText.table(answer))
    }

    private func modelInferMessage(_ client: GRPCInferenceClient) async throws(ClientError) -> ModelInferMessage {
        var message: ModelInferMessage
        if let file {
            let document = try InputFile.document(file)
            message = try ModelInferMessage(modelName: model, modelVersion: modelVersion, document: document)
        } else {
            let inputs = try await tensors(client)
            message = ModelInferMessage(modelName: model, modelVersion: modelVersion, inputs: inputs)
        }
        if !classes.isEmpty { message.outputs = outputs }
        return message
    }

    private func message(_ client: KServeClient) async throws(ClientError) -> InferenceMessage {
        if let file, !binary, classes.isEmpty { return InferenceMessage(body: try InputFile.read(file)) }
        return try InferenceMessage(
            inputs: try await tensors(client),
            outputs: outputs,
            encoding: binary ? .binary : .json
        )
    }

    private var outputs: [RequestedOutput] {
        classes.map { RequestedOutput(name: $0.name, classificationCount: Int($0.dimensions[0])) }
    }

    private func tensors(_ client: some ModelServerClient) async throws(ClientError) -> [ClientTensor] {
        if let file { return try InferenceMessage.inputs(ofRequest: try InputFile.document(file)) }
        let metadata = try await client.metadata(ofModel: model, version: modelVersion)
        let given = Dictionary(shapes.map { ($0.name, $0.dimensions) }) { $1 }
        var tensors: [ClientTensor] = []
        for input in inputs { tensors.append(try input.tensor(metadata: metadata, shape: given[input.name])) }
        return tensors
    }
}

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

    @Option(help: "The server, like http://127.0.0.1:8000.")
    var url = "http://127.0.0.1:8000"

    @Option(help: "The version of the model; the server's choice if not given.")
    var version: String?

    @Option(name: .customLong("input"), help: "NAME=VALUE or NAME=@FILE. May be repeated.")
    var inputs: [TensorArgument] = []

    @Option(name: .customLong("shape"), help: "The shape of an input, as in --shape INPUT0:1,784. May be repeated.")
    var shapes: [ShapeArgument] = []

    @Option(help: "A KServe v2 request as JSON.")
    var file: String?

    @Option(name: .customLong("classes"), help: "OUTPUT:K, for its K best classes. May be repeated.")
    var classes: [ShapeArgument] = []

    @Flag(help: "Send and ask for tensors as bytes in place of JSON.")
    var binary = false

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
        let client = KServeClient(try ServerAddress(url), timeoutSeconds: timeout)
        let answer = try await client.infer(model: model, version: version, try await message(client))
        print(json ? try InferText.json(answer).prettyText : try InferText.table(answer))
    }

    private func message(_ client: KServeClient) async throws(ClientError) -> InferenceMessage {
        if let file, !binary, classes.isEmpty { return InferenceMessage(body: try InputFile.read(file)) }
        let outputs = classes.map { RequestedOutput(name: $0.name, classificationCount: Int($0.dimensions[0])) }
        return try InferenceMessage(
            inputs: try await tensors(client),
            outputs: outputs,
            encoding: binary ? .binary : .json
        )
    }

    private func tensors(_ client: KServeClient) async throws(ClientError) -> [ClientTensor] {
        if let file { return try InferenceMessage.inputs(ofRequest: try InputFile.document(file)) }
        let metadata = try await client.metadata(ofModel: model, version: version)
        let given = Dictionary(shapes.map { ($0.name, $0.dimensions) }) { $1 }
        var tensors: [ClientTensor] = []
        for input in inputs { tensors.append(try input.tensor(metadata: metadata, shape: given[input.name])) }
        return tensors
    }
}

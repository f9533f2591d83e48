// SPDX-License-Identifier: Apache-2.0
private import CLinux
internal import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// A worker that hosts one engine: opens the model as the server says, then runs its batches one after the other.
package final class EngineHost {
    private let channel = HostChannel()
    private var source: EngineModelSource?
    private var model: (any EngineModel)?
    private var instance: (any EngineInstance)?

    private init() {}

    /// All of a worker's life.
    package static func run() -> Never {
        // A crash reporter would print memory, which holds clients' data, into the log.
        for number in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGQUIT] { signal(number, SIG_DFL) }
        // The server ends workers; a Ctrl-C or a service manager's signal is for the server to act on.
        for number in [SIGINT, SIGTERM, SIGPIPE] { signal(number, SIG_IGN) }
        if getenv("BUCKLER_SANDBOX_SECOND_FILTER") != nil {
            let error = buckler_forbid_exec()
            guard error == 0 else { end("the filter of system calls could not be added: errno \(-error)", 1) }
        }
        do throws(WorkerFault) {
            try EngineHost().serve()
        } catch {
            end(error.text, 1)
        }
        end(nil, 0)
    }

    private static func end(_ text: String?, _ status: Int32) -> Never {
        if let text { say(text) }
        // Without the engine's own destructors: its threads may still be at work on what they would take down.
        _exit(status)
    }

    /// To standard error, which is the server's log.
    static func say(_ text: String) {
        let line = Array((text + "\n").utf8)
        _ = line.withUnsafeBytes { bytes in write(2, bytes.baseAddress, bytes.count) }
    }

    private func serve() throws(WorkerFault) {
        var hello = MessageWriter(.hello, subject: UInt64(getpid()))
        hello.put(UInt32(WorkerProtocol.version))
        hello.put(UInt32(0))
        channel.send(hello.finished())
        while true {
            switch try channel.next() {
            case .start(let span): try start(span)
            case .execute(let execution): try execute(execution)
            case .probe(let number): probed(number)
            case .finish: return
            case .area, .lease, .other: break
            }
        }
    }

    private func start(_ span: AreaSpan) throws(WorkerFault) {
        let text = try channel.areas.request(span.area).bytes(at: span.offset, length: span.length)
        let arguments = try HostedArguments(json: text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
        do throws(ServingError) {
            let answer = try started(arguments)
            var ready = MessageWriter(.ready, subject: 0)
            ready.put(text: answer)
            channel.send(ready.finished())
        } catch {
            if let cause = error.cause { Self.say(cause) }
            var refused = MessageWriter(.refused, subject: 0)
            refused.put(text: Array(error.message.utf8.prefix(AnswerWriting.textBytes)))
            channel.send(refused.finished())
        }
    }

    /// - Returns: what *ready* says.
    private func started(_ arguments: HostedArguments) throws(ServingError) -> [UInt8] {
        let model: any EngineModel
        if let opened = self.model { model = opened } else { model = try open(arguments) }
        guard let configuration = arguments.configuration else {
            let answer = GraphSignatureText.json(model.signature)
            guard answer.count <= WorkerProtocol.messageBytes - WorkerProtocol.headBytes else {
                throw ServingError(
                    .unsupported,
                    "model '\(arguments.source.modelName)' has too many inputs and outputs for a worker: "
                        + "--placement=process:\(arguments.source.modelName) runs it in the server's process"
                )
            }
            return answer
        }
        try model.configure(configuration)
        instance = try model.makeInstance(0)
        return Array("{}".utf8)
    }

    private func open(_ arguments: HostedArguments) throws(ServingError) -> any EngineModel {
        var source = arguments.source
        do throws(WorkerFault) {
            source.files = try HostedFiles(arguments.files, in: channel.areas)
        } catch {
            throw ServingError(.internalError, "the model's files did not come", cause: error.text)
        }
        let library = try ONNXRuntimeLibrary.load(path: arguments.library) { Self.say("ONNX Runtime: \($0)") }
        // All code that is needed is there now; what the model makes of it shall not become any.
        let error = buckler_forbid_code()
        guard error == 0 else {
            throw ServingError(.unavailable, "the worker's filter of system calls could not be added: errno \(-error)")
        }
        let model = try ONNXRuntimeEngine(library: library).open(source)
        // The engine has read them: they need not stay mapped.
        source.files = HostedFiles()
        self.source = source
        self.model = model
        return model
    }

    private func execute(_ execution: ServerWord.Execution) throws(WorkerFault) {
        guard let source, let instance else { throw WorkerFault("a batch before the model was configured") }
        let block = try BlockReading(execution, in: channel.areas)
        let answers = BatchAnswers(count: block.requests.count)
        instance.execute(
            ExecutionBatch(
                requests: block.requests,
                totalBatchSize: block.requests.reduce(0) { $0 + $1.batchSize },
                responder: answers
            )
        )
        var writing = try AnswerWriting(execution, channel, source: source)
        try writing.send(answers.results(block.requests), to: block.numbers)
        var done = MessageWriter(.done, subject: execution.batch)
        done.put(UInt32(0))
        done.put(UInt32(0))
        channel.send(done.finished())
    }

    private func probed(_ number: UInt64) {
        var message = MessageWriter(.probed, subject: number)
        message.put(UInt32(1))
        message.put(UInt32(0))
        channel.send(message.finished())
    }
}

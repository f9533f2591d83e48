// SPDX-License-Identifier: Apache-2.0
import Engines
import Foundation
import Inference
import Logging
import ModelRepository
import Synchronization
import Testing

@testable import Serving

/// What models ask of the server: an engine that hands out what it was given stands for one whose model calls others.
@Suite struct ModelCallRouterTests {
    private final class Answers: ResponseSink {
        private let events = Mutex<[ResponseEvent]>([])

        func receive(_ event: ResponseEvent) { events.withLock { $0.append(event) } }
    }

    /// Someone who may see some models.
    private final class Guest: Visit {
        let models: Set<String>
        let isRevoked = Atomic<Bool>(false)

        init(_ models: Set<String>) { self.models = models }
    }

    private struct NamedGate: Gate {
        func admit(_ arrival: Arrival) throws(ServingError) -> Permit {
            Permit(principal: .anonymous, reservedBytes: 0)
        }
        func authorise(_: Permit, _: Endpoint, model: String?, version: Int64?) throws(ServingError) {}
        func shows(model: String, version: Int64?, to permit: Permit) -> Bool {
            (permit.visit as? Guest)?.models.contains(model) ?? false
        }
        func isValid(_ permit: Permit) -> Bool {
            (permit.visit as? Guest)?.isRevoked.load(ordering: .relaxed) == false
        }
        func begin(_ permit: inout Permit) throws(ServingError) {}
        func end(_ permit: inout Permit) {}
        func reserve(_ bytes: Int, for permit: inout Permit) throws(ServingError) {}
        func giveBack(_ bytes: Int, of permit: inout Permit) {}
        func conclude(_ permit: Permit, _ conclusion: Conclusion) {}
        func release(_ permit: Permit) {}
    }

    /// Keeps the way to other models that a model is given.
    private final class Spy: Engine {
        let name = "identity"
        let calls = Mutex<(any ModelCalls)?>(nil)
        private let identity = IdentityEngine()

        func open(_ source: EngineModelSource) throws(ServingError) -> any EngineModel {
            calls.withLock { $0 = source.calls }
            return try identity.open(source)
        }
    }

    private final class Fixture {
        let path = FileManager.default.temporaryDirectory.appending(path: "buckler-calls-\(UUID().uuidString)").path
        let server: ModelServer
        private let spy = Spy()

        init(_ change: (inout ModelCallSettings) -> Void = { _ in }) async throws {
            for name in ["echo", "twin", "secret"] {
                try FileManager.default.createDirectory(atPath: "\(path)/\(name)/1", withIntermediateDirectories: true)
                let config = """
                    backend: "identity"
                    input { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] }
                    output { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1 ] }
                    instance_group { count: \(name == "twin" ? 2 : 1) }
                    """
                try config.write(toFile: "\(path)/\(name)/config.pbtxt", atomically: true, encoding: .utf8)
            }
            var settings = ModelServer.Settings()
            settings.controlMode = .explicit
            settings.startupModels = ["echo", "twin"]
            var calls = ModelCallSettings(gate: NamedGate())
            change(&calls)
            settings.calls = calls
            server = ModelServer(
                repository: try ModelRepository(roots: [path]),
                engines: EngineSelection([spy]),
                settings: settings,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            #expect(try await server.start().isEmpty)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        var calls: any ModelCalls {
            guard let calls = spy.calls.withLock({ $0 }) else { preconditionFailure("no model was loaded") }
            return calls
        }
    }

    private static let caller = ModelIdentity(name: "caller", version: 1)

    private static func origin(
        _ models: Set<String> = ["echo", "twin"],
        callers: [ModelIdentity] = [],
        deadline: MonotonicTime? = nil
    ) -> InferenceRequest {
        var fields = InferenceRequest.Fields()
        fields.principal = Principal(name: "someone")
        fields.visit = Guest(models)
        fields.callers = callers
        fields.deadline = deadline
        fields.priority = 7
        return InferenceRequest(fields)
    }

    private static func call(
        _ model: String,
        version: Int64? = nil,
        for origins: [InferenceRequest],
        limit: MonotonicTime? = nil
    ) -> ModelCall {
        var fields = InferenceRequest.Fields()
        fields.principal = Principal(name: "whoever the model says")
        fields.inputs = [InputTensor(name: "INPUT0", dataType: .fp32, shape: [1], bytes: TensorBytes([0, 0, 0, 0]))]
        return ModelCall(
            caller: caller,
            origins: origins,
            model: model,
            version: version,
            fields: fields,
            takesStream: false,
            limit: limit
        )
    }

    private static func code(_ body: () throws(ServingError) -> InferenceRequest) -> ServingError.Code? {
        do throws(ServingError) {
            _ = try body()
            return nil
        } catch {
            return error.code
        }
    }

    private static func code(
        _ calls: any ModelCalls,
        _ model: String,
        for origins: [InferenceRequest]
    ) -> ServingError.Code? {
        code { () throws(ServingError) in try calls.begin(call(model, for: origins), sink: Answers()) }
    }

    @Test func aCallIsItsCallers() async throws {
        let fixture = try await Fixture()
        let origin = Self.origin()
        let request = try fixture.calls.begin(Self.call("echo", for: [origin]), sink: Answers())
        #expect(request.fields.principal.name == "someone" && request.fields.visit === origin.fields.visit)
        #expect(request.fields.callers == [Self.caller] && request.fields.priority == 7)
        let left = try #require(request.fields.deadline).nanoseconds(since: .now())
        #expect(left > 28_000_000_000 && left <= 30_000_000_000, "there is always one")
        await fixture.server.stop()
    }

    @Test func whoMayNotSeeAModelIsToldThatThereIsNone() async throws {
        let fixture = try await Fixture()
        try await fixture.server.load(model: "secret", parameters: LoadParameters())
        let calls = fixture.calls
        var texts: Set<String> = []
        for (model, version) in [("secret", nil), ("secret", 1), ("secret", 9), ("nobody", nil)] as [(String, Int64?)] {
            do throws(ServingError) {
                _ = try calls.begin(Self.call(model, version: version, for: [Self.origin()]), sink: Answers())
                Issue.record("it was called")
            } catch {
                texts.insert(error.message.replacing(model, with: "M"))
            }
        }
        #expect(texts == ["Request for unknown model: 'M' is not found"])
        let all = Self.origin(["secret"])
        _ = try calls.begin(Self.call("secret", for: [all]), sink: Answers())
        #expect(
            Self.code { () throws(ServingError) in
                try calls.begin(Self.call("secret", for: [all, Self.origin()]), sink: Answers())
            } == .notFound,
            "all of them have to be allowed"
        )
        #expect(calls.isReady("secret", version: nil, for: [all], caller: Self.caller))
        #expect(!calls.isReady("secret", version: nil, for: [Self.origin()], caller: Self.caller))
        #expect(!calls.isReady("secret", version: nil, for: [], caller: Self.caller))
        await fixture.server.stop()
    }

    /// `echo` is what the first hop reaches, `twin` the second.
    @Test(
        arguments: [
            (["echo", "twin"], ["echo", "twin"], true), (["echo", "twin"], ["echo"], false),
            (["echo"], ["echo", "twin"], false), (["echo"], ["echo"], false),
        ] as [(Set<String>, Set<String>, Bool)]
    )
    func everyHopIsForAllCallers(first: Set<String>, second: Set<String>, isAllowed: Bool) async throws {
        let fixture = try await Fixture()
        let calls = fixture.calls
        let origins = [Self.origin(first), Self.origin(second)]
        let inner = try calls.begin(Self.call("echo", for: origins), sink: Answers())
        let alone = try calls.begin(Self.call("echo", for: [Self.origin()]), sink: Answers())
        for made in [[inner], [alone, inner], [inner, alone]] {
            #expect(Self.code(calls, "twin", for: made) == (isAllowed ? nil : .notFound))
            #expect(calls.isReady("twin", version: nil, for: made, caller: Self.caller) == isAllowed)
        }
        #expect(Self.code(calls, "twin", for: [alone]) == nil)
        await fixture.server.stop()
    }

    @Test(arguments: [0, 1, 2])
    func whoIsRevokedBetweenHopsEndsTheCall(revoked: Int) async throws {
        let fixture = try await Fixture()
        let calls = fixture.calls
        let origins = (0..<3).map { _ in Self.origin() }
        var inner = try calls.begin(Self.call("echo", for: origins), sink: Answers())
        inner = try calls.begin(Self.call("twin", for: [inner]), sink: Answers())
        #expect(Self.code(calls, "twin", for: [inner]) == nil)
        let guest = try #require(origins[revoked].fields.visit as? Guest)
        guest.isRevoked.store(true, ordering: .relaxed)
        #expect(Self.code(calls, "twin", for: [inner]) == .notFound)
        #expect(!calls.isReady("twin", version: nil, for: [inner], caller: Self.caller))
        await fixture.server.stop()
    }

    /// What the server asks itself is held against nobody, wherever it stands among the others.
    @Test(arguments: [true, false])
    func theServersOwnAmongOthersIsNotAsked(isFirst: Bool) async throws {
        let fixture = try await Fixture()
        let calls = fixture.calls
        var fields = InferenceRequest.Fields()
        fields.isServersOwn = true
        let own = InferenceRequest(fields)
        for (models, expected) in [(["echo", "twin"], nil), (["echo"], .notFound)] as [(Set, ServingError.Code?)] {
            let origins = isFirst ? [own, Self.origin(models)] : [Self.origin(models), own]
            let inner = try calls.begin(Self.call("echo", for: origins), sink: Answers())
            #expect(inner.fields.principal.name == "someone" && !inner.fields.isServersOwn)
            #expect(Self.code(calls, "twin", for: [inner]) == expected)
        }
        let inner = try calls.begin(Self.call("echo", for: [own]), sink: Answers())
        #expect(inner.fields.isServersOwn && Self.code(calls, "twin", for: [inner]) == nil)
        await fixture.server.stop()
    }

    @Test func withoutARequestNothingIsCalled() async throws {
        let fixture = try await Fixture()
        #expect(
            Self.code { () throws(ServingError) in
                try fixture.calls.begin(Self.call("echo", for: []), sink: Answers())
            } == .unavailable
        )
        await fixture.server.stop()
    }

    @Test(arguments: [(1, nil), (2, .unavailable)] as [(Int, ServingError.Code?)])
    func depth(before: Int, expected: ServingError.Code?) async throws {
        let fixture = try await Fixture { $0.depth = 2 }
        let callers = (0..<before).map { ModelIdentity(name: "m\($0)", version: 1) }
        let origin = Self.origin(callers: callers)
        #expect(
            Self.code { () throws(ServingError) in
                try fixture.calls.begin(Self.call("echo", for: [Self.origin(), origin]), sink: Answers())
            } == expected
        )
        await fixture.server.stop()
    }

    @Test(arguments: [("echo", 0, true), ("echo", 1, false), ("twin", 1, true), ("twin", 2, false)])
    func aModelDoesNotWaitForItself(model: String, held: Int, isTaken: Bool) async throws {
        let fixture = try await Fixture()
        let callers = [ModelIdentity](repeating: ModelIdentity(name: model, version: 1), count: held)
        let code = Self.code { () throws(ServingError) in
            try fixture.calls.begin(Self.call(model, for: [Self.origin(callers: callers)]), sink: Answers())
        }
        #expect((code == nil) == isTaken)
        await fixture.server.stop()
    }

    @Test func aCallEndsBeforeThoseWhoWaitForIt() async throws {
        let fixture = try await Fixture()
        let now = MonotonicTime.now()
        let soon = now.advanced(byNanoseconds: 5_000_000_000)
        let later = now.advanced(byNanoseconds: 20_000_000_000)
        func seconds(_ origins: [InferenceRequest], limit: MonotonicTime? = nil) throws -> Double {
            let call = Self.call("echo", for: origins, limit: limit)
            let request = try fixture.calls.begin(call, sink: Answers())
            return Double(try #require(request.fields.deadline).nanoseconds(since: now)) / 1e9
        }
        #expect(abs(try seconds([Self.origin(deadline: soon)]) - 4.5) < 0.2)
        #expect(abs(try seconds([Self.origin(deadline: soon), Self.origin(deadline: later)]) - 19) < 0.2)
        #expect(abs(try seconds([Self.origin(deadline: soon), Self.origin()]) - 30) < 0.2)
        #expect(abs(try seconds([Self.origin()], limit: soon) - 4.5) < 0.2)
        #expect(
            Self.code { () throws(ServingError) in
                try fixture.calls.begin(Self.call("echo", for: [Self.origin(deadline: now)]), sink: Answers())
            } == .deadlineExceeded
        )
        await fixture.server.stop()
    }

    @Test(arguments: [([], false), (["caller"], true), (["call"], false)] as [(Set<String>, Bool)])
    func onlyThoseWithTheRightChangeModels(granted: Set<String>, isAllowed: Bool) async throws {
        let fixture = try await Fixture { $0.controlFor = granted }
        let calls = fixture.calls
        let error = await withCheckedContinuation { continuation in
            calls.change("secret", .load(LoadParameters()), caller: Self.caller) { continuation.resume(returning: $0) }
        }
        #expect((error == nil) == isAllowed)
        #expect((try? fixture.server.isModelReady(named: "secret", version: nil)) ?? false == isAllowed)
        await fixture.server.stop()
    }

    @Test(arguments: [(4, true), (3, false)])
    func theOperatorsLimitsHold(bytes: Int, isTaken: Bool) async throws {
        let fixture = try await Fixture { settings in
            var caps = RequestLimits.none
            caps.bodyBytes = bytes
            settings.modelLimits = ModelLimits([ModelLimits.Rule(models: Glob("echo"), caps: caps)])
        }
        let code = Self.code { () throws(ServingError) in
            try fixture.calls.begin(Self.call("echo", for: [Self.origin()]), sink: Answers())
        }
        #expect((code == nil) == isTaken)
        await fixture.server.stop()
    }
}

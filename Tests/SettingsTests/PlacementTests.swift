// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Settings

@Suite("The placement of models") struct PlacementTests {
    private func settings(_ values: [String], file: String? = nil) throws -> ServerSettings {
        var settings = ServerSettings(profile: .secure)
        let written = try file.map { try SettingsFile.parse($0, name: "buckler.yaml") } ?? []
        for assignment in try written + CommandLineParser.parse(values.map { "--placement=\($0)" }) {
            guard case .works(let effect) = assignment.flag.disposition else { continue }
            effect.apply(assignment.value, kind: assignment.flag.kind, to: &settings)
        }
        return settings
    }

    @Test(
        "is that of the model itself, else that of all, and of two the last",
        arguments: [
            ([], .process, .process), (["worker"], .worker, .worker), (["worker:a"], .worker, .process),
            (["worker", "process:a"], .process, .worker), (["process:a", "worker"], .process, .worker),
            (["worker:a", "process:a"], .process, .process), (["worker", "process"], .process, .process),
            (["worker:a:b"], .process, .process), (["worker:A"], .process, .process),
        ] as [([String], Placement, Placement)]
    )
    func chosen(values: [String], ofA: Placement, ofOthers: Placement) throws {
        let settings = try settings(values)
        #expect(settings.placement(ofModel: "a") == ofA)
        #expect(settings.placement(ofModel: "b") == ofOthers)
    }

    @Test("may stand in the file")
    func file() throws {
        let settings = try settings([], file: "placement: [worker, 'process:a']\n")
        #expect(settings.placement(ofModel: "a") == .process)
        #expect(settings.placement(ofModel: "b") == .worker)
    }

    @Test(
        "tells which placements no model has",
        arguments: [
            ([], true, false), (["worker"], false, true), (["worker:a"], true, true),
            (["worker", "process:a"], true, true),
        ] as [([String], Bool, Bool)]
    )
    func possible(values: [String], inProcess: Bool, inWorker: Bool) throws {
        let settings = try settings(values)
        #expect(settings.mayPlace(in: .process) == inProcess)
        #expect(settings.mayPlace(in: .worker) == inWorker)
    }

    @Test("is refused if it is none", arguments: ["", "sandbox", "worker:", "Worker", ":a", "process,a"])
    func refused(value: String) {
        #expect(throws: SettingsError.self) { try settings([value]) }
    }
}

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
            ([], .worker, .worker), (["process"], .process, .process), (["process:a"], .process, .worker),
            (["process", "worker:a"], .worker, .process), (["worker:a", "process"], .worker, .process),
            (["process:a", "worker:a"], .worker, .worker), (["process", "worker"], .worker, .worker),
            (["process:a:b"], .worker, .worker), (["process:A"], .worker, .worker),
        ] as [([String], Placement, Placement)]
    )
    func chosen(values: [String], ofA: Placement, ofOthers: Placement) throws {
        let settings = try settings(values)
        #expect(settings.placement(ofModel: "a") == ofA)
        #expect(settings.placement(ofModel: "b") == ofOthers)
    }

    @Test("may stand in the file")
    func file() throws {
        let settings = try settings([], file: "placement: [process, 'worker:a']\n")
        #expect(settings.placement(ofModel: "a") == .worker)
        #expect(settings.placement(ofModel: "b") == .process)
    }

    @Test(
        "tells which placements no model has",
        arguments: [
            ([], false, true), (["process"], true, false), (["process:a"], true, true),
            (["process", "worker:a"], true, true),
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

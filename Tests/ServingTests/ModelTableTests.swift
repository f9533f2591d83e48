// SPDX-License-Identifier: Apache-2.0
import Inference
import Logging
import ModelRepository
import Testing

@testable import Serving

/// What the registry says while models come and go. Servables are made by a real server on the identity engine.
@Suite struct ModelTableTests {
    @Test func unknownModelsAreNotFound() {
        let table = ModelTable()
        let error = #expect(throws: ServingError.self) { try table.lookUp("m", version: nil) }
        #expect(error?.code == .notFound)
        #expect(error?.message == "Request for unknown model: 'm' is not found")
    }

    @Test func aModelWithoutAReadyVersionSaysSo() {
        var table = ModelTable()
        table.loadBegan("m", versions: [3])
        let any = #expect(throws: ServingError.self) { try table.lookUp("m", version: nil) }
        #expect(any?.message == "Request for unknown model: 'm' has no available versions")
        #expect(any?.code == .notFound)
        let other = #expect(throws: ServingError.self) { try table.lookUp("m", version: 4) }
        #expect(other?.message == "Request for unknown model: 'm' version 4 is not found")
        let loading = #expect(throws: ServingError.self) { try table.lookUp("m", version: 3) }
        #expect(loading?.code == .unavailable)
        #expect(loading?.message == "Request for unknown model: 'm' version 3 is not at ready state")
    }

    @Test func strictReadinessNeedsEveryVersionThatIsWanted() {
        var table = ModelTable()
        #expect(table.isEveryVersionReady)
        table.loadBegan("m", versions: [1])
        #expect(!table.isEveryVersionReady)
        table.loadFailed("m", reasons: [1: "broken"])
        #expect(!table.isEveryVersionReady)
        #expect(
            table.index(known: RepositorySnapshot(), readyOnly: false)
                == [RepositoryIndexEntry(name: "m", version: 1, state: .unavailable, reason: "broken")]
        )
        #expect(table.index(known: RepositorySnapshot(), readyOnly: true).isEmpty)
    }

    @Test func aRefusedModelIsKnownByNameAndNotReady() {
        var table = ModelTable()
        table.modelRefused("m", reason: "no configuration")
        #expect(!table.isEveryVersionReady)
        #expect(
            table.index(known: RepositorySnapshot(), readyOnly: false)
                == [RepositoryIndexEntry(name: "m", reason: "no configuration")]
        )
    }

    @Test func aVersionWhoseSiblingFailedIsNotLeftLoading() {
        var table = ModelTable()
        table.loadBegan("m", versions: [1, 2])
        table.loadFailed("m", reasons: [2: "broken"])
        let states = table.index(known: RepositorySnapshot(), readyOnly: false).map(\.state)
        #expect(states == [.unavailable, .unavailable])
    }

    @Test func anUnloadThatEndsAfterAReloadChangesNothing() {
        var table = ModelTable()
        table.loadBegan("m", versions: [1])
        table.unloadEnded("m", version: 1)
        #expect(table.index(known: RepositorySnapshot(), readyOnly: false).first?.state == .loading)
    }
}

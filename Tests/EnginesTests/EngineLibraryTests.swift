// SPDX-License-Identifier: Apache-2.0
import Engines
import Inference
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite struct EngineLibraryTests {
    /// Fetches from the package index, so it runs only where that is asked for.
    @Test(.enabled(if: getenv("BUCKLER_TEST_INSTALL") != nil))
    func installsIntoTheDefaultStore() throws {
        let store = try EngineStore()
        let engine = try EngineInstaller(store: store).install(from: .pip(python: "python3")) { print($0) }
        #expect(try store.locate() == engine)
        #expect(store.list().contains(engine))
    }
}

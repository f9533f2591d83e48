// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ModelRepository

@Suite struct RelativePathTests {
    /// A slash that a combining mark follows is one character, but the kernel sees a slash.
    @Test func slashesAreCountedInBytes() {
        #expect(throws: RelativePath.Problem.escapes) { try RelativePath("../\u{301}x/labels") }
        #expect(throws: RelativePath.Problem.escapes) { try RelativePath("a/../..") }
    }

    @Test func depthIsBounded() throws {
        let deep = Array(repeating: "a", count: RelativePath.componentLimit)
        #expect(try RelativePath(deep.joined(separator: "/")).components == deep)
        #expect(throws: RelativePath.Problem.tooLong) { try RelativePath((deep + ["a"]).joined(separator: "/")) }
    }
}

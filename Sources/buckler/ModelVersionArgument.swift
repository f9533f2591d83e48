// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// What `--model-version` takes: over HTTP anything else would be a route that no server has.
enum ModelVersionArgument {
    static func parse(_ text: String) throws -> String {
        let isDigits = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isDigits, Int64(text) != nil else {
            throw ValidationError("a version of a model is a number, as in --model-version 1")
        }
        return text
    }
}

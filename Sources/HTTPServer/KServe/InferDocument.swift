// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import Transport

/// The JSON part of an infer request while it is read.
struct InferDocument {
    var scanner: JSONScanner
    let body: TensorBytes
    let headerLength: Int
    let model: any ServableModel
    let limits: RequestLimits
    var fields = InferenceRequest.Fields()
    var outputPlan = OutputPlan(binaryByDefault: false)
    var sharedInputs = SharedInputs()
    /// Where the next binary tensor starts in the body.
    var binaryOffset: Int

    init(
        scanner: JSONScanner,
        body: TensorBytes,
        headerLength: Int,
        model: any ServableModel,
        limits: RequestLimits
    ) {
        self.scanner = scanner
        self.body = body
        self.headerLength = headerLength
        self.model = model
        self.limits = limits
        binaryOffset = headerLength
    }

    private struct Seen: OptionSet {
        var rawValue: UInt8
        static let id = Seen(rawValue: 1)
        static let parameters = Seen(rawValue: 2)
        static let inputs = Seen(rawValue: 4)
        static let outputs = Seen(rawValue: 8)
    }

    mutating func read() throws(ServingError) {
        guard let token = scanner.peekToken() else { throw scanner.fault(.empty) }
        var seen: Seen = []
        if token == UInt8(ascii: "{") {
            scanner.position += 1
            var first = true
            while let key = try scanner.nextMember(first: &first) { try readMember(key, &seen) }
        } else {
            try scanner.skipValue()
        }
        try scanner.finish()
        guard seen.contains(.inputs) else {
            throw ServingError(
                .invalidArgument,
                "Unable to parse 'inputs': attempt to access non-existing object member 'inputs'"
            )
        }
        guard binaryOffset == body.count else {
            throw ServingError(
                .invalidArgument,
                "unexpected additional input data for model '\(model.name)'"
            )
        }
    }

    private mutating func readMember(_ key: JSONText, _ seen: inout Seen) throws(ServingError) {
        if scanner.matches(key, "inputs") {
            try once(seen.insert(.inputs).inserted, key)
            try readInputs()
        } else if scanner.matches(key, "outputs") {
            try once(seen.insert(.outputs).inserted, key)
            try readOutputs()
        } else if scanner.matches(key, "id") {
            try once(seen.insert(.id).inserted, key)
            fields.id = scanner.decoded(try boundedString("id"))
        } else if scanner.matches(key, "parameters") {
            try once(seen.insert(.parameters).inserted, key)
            try readParameters()
        } else {
            try scanner.skipValue(depth: 1)
        }
    }

    private mutating func readInputs() throws(ServingError) {
        try openArray("inputs")
        var first = true
        var names = NameSet()
        while try scanner.nextElement(first: &first) {
            guard fields.inputs.count < limits.inputs else { throw tooMany("inputs", limits.inputs) }
            let input = try readInput()
            guard names.insert(input.name) else {
                throw InferRequestRules.alreadyThere("input", input.name, requestID: fields.id)
            }
            fields.inputs.append(input)
        }
    }

    private mutating func readOutputs() throws(ServingError) {
        try openArray("outputs")
        var first = true
        var names = NameSet()
        while try scanner.nextElement(first: &first) {
            guard fields.requestedOutputs.count < limits.outputs else { throw tooMany("outputs", limits.outputs) }
            let output = try readOutput()
            guard names.insert(output.name) else {
                throw InferRequestRules.alreadyThere("output", output.name, requestID: fields.id)
            }
            fields.requestedOutputs.append(output)
        }
    }

    private mutating func openArray(_ name: StaticString) throws(ServingError) {
        guard scanner.peekToken() == UInt8(ascii: "[") else {
            try scanner.skipValue(depth: 1)
            throw ServingError(
                .invalidArgument,
                "Unable to parse '\(name)': attempt to access JSON non-array as array"
            )
        }
        scanner.position += 1
    }
}

extension InferDocument {
    func tooMany(_ things: StaticString, _ limit: Int) -> ServingError { InferRequestRules.tooMany(things, limit) }

    /// Refuses a member that its object already had: which of the two is meant is anyone's guess.
    @inline(__always)
    func once(_ isFirst: Bool, _ key: JSONText) throws(ServingError) {
        if !isFirst { throw duplicate(key) }
    }

    @inline(never)
    func duplicate(_ key: JSONText) -> ServingError {
        ServingError(
            .invalidArgument,
            "duplicate member '\(excerpt(key))' in request JSON at \(key.start - 1)"
        )
    }

    /// A name as an error shows it.
    func excerpt(_ text: JSONText) -> String {
        InferRequestRules.excerpt(scanner.decoded(text))
    }

    /// Takes a string of at most ``RequestLimits/stringBytes`` bytes.
    @inline(__always)
    mutating func boundedString(_ what: StaticString) throws(ServingError) -> JSONText {
        guard scanner.peekToken() == UInt8(ascii: "\"") else { throw try notA("string", what) }
        let text = try scanner.string()
        guard text.decodedCount <= limits.stringBytes else { throw tooLong(what, text.decodedCount) }
        return text
    }

    @inline(never)
    func tooLong(_ what: StaticString, _ count: Int) -> ServingError {
        InferRequestRules.tooLong(what, bytes: count, limit: limits.stringBytes)
    }

    /// Passes a value that is of the wrong type and says so; its syntax comes first.
    @inline(never)
    mutating func notA(_ type: StaticString, _ what: StaticString) throws(ServingError) -> ServingError {
        try scanner.skipValue(depth: 2)
        return ServingError(
            .invalidArgument,
            "Unable to parse '\(what)': attempt to access JSON non-\(type) as \(type)"
        )
    }

    @inline(__always)
    mutating func unsigned(_ what: StaticString) throws(ServingError) -> UInt64 {
        _ = scanner.peekToken()
        if let value = scanner.integer(UInt64.self) { return value }
        throw try notA("unsigned-integer", what)
    }

    mutating func bool(_ what: StaticString) throws(ServingError) -> Bool {
        _ = scanner.peekToken()
        if scanner.takeLiteral("true") { return true }
        if scanner.takeLiteral("false") { return false }
        throw try notA("boolean", what)
    }

    /// Takes the brace of an object; `false` if there is `null` in its place, which stands for nothing set.
    mutating func openObject(_ what: StaticString) throws(ServingError) -> Bool {
        guard let token = scanner.peekToken() else { throw scanner.fault(.value) }
        if token == UInt8(ascii: "{") {
            scanner.position += 1
            return true
        }
        if token == UInt8(ascii: "n") {
            try scanner.null()
            return false
        }
        throw try notA("object", what)
    }
}

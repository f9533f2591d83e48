// SPDX-License-Identifier: Apache-2.0

/// The two sets of defaults: `secure` unless the command line says `--profile triton`.
package enum Profile: String, Sendable, CaseIterable {
    case secure, triton
}

/// What one request may ask for. Every count is checked before anything is allocated for it.
package struct RequestLimits: Sendable, Equatable {
    /// Bytes of a request's JSON, of each tensor decoded from JSON, of a raw body, and of a body after decompression.
    package var jsonBytes: Int
    /// Bytes of a whole request body, binary tensors included.
    package var bodyBytes: Int
    package var jsonDepth: Int
    package var inputs: Int
    package var outputs: Int
    package var dimensions: Int
    package var parameters: Int
    /// Bytes of a name, a request id or a string parameter.
    package var stringBytes: Int
    /// Non-empty chunks of a chunked upload.
    package var bodyChunks: Int

    package init(profile: Profile) {
        switch profile {
        case .secure:
            jsonBytes = 10 << 20
            bodyBytes = 10 << 20
            jsonDepth = 64
            inputs = 256
            outputs = 256
            dimensions = 16
        case .triton:
            jsonBytes = 64 << 20
            bodyBytes = Int(Int32.max)
            jsonDepth = 100
            inputs = 4096
            outputs = 4096
            dimensions = 64
        }
        parameters = 1024
        stringBytes = 64 << 10
        bodyChunks = 65_536
    }
}

/// What connections, and the server as a whole, may hold.
package struct ConnectionLimits: Sendable, Equatable {
    package var bytesInFlightPerConnection: Int
    /// A fraction of the machine's memory, in percent.
    package var bytesInFlightPercentOfMemory: Int
    package var requestsInFlight: Int
    package var connectionsPerAddress: Int
    package var connections: Int
    /// Of the answers of one streaming request that the model has given and the client has not read.
    package var responseBacklogBytes = 16 << 20
    package var headerFieldBytes = 8 << 10
    package var headerListBytes = 64 << 10
    package var headerCount = 100
    package var headerSeconds = 10
    package var bodySeconds = 60
    package var idleSeconds = 75
    /// 0: none.
    package var deadlineSeconds: Int

    package init(profile: Profile) {
        switch profile {
        case .secure:
            bytesInFlightPerConnection = 64 << 20
            bytesInFlightPercentOfMemory = 25
            requestsInFlight = 1024
            connectionsPerAddress = 256
            connections = 4096
            deadlineSeconds = 30
        case .triton:
            bytesInFlightPerConnection = 2 << 30
            bytesInFlightPercentOfMemory = 50
            requestsInFlight = .max
            connectionsPerAddress = .max
            connections = 65_536
            deadlineSeconds = 0
        }
    }
}

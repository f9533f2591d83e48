// SPDX-License-Identifier: Apache-2.0
package import NIOHPACK

/// How a call ended, as `grpc-status` and `grpc-message` say it.
package struct GRPCStatus: Error, Sendable, Equatable, CustomStringConvertible {
    package var code: Int
    package var message: String

    package init(code: Int, message: String = "") {
        self.code = code
        self.message = message
    }

    package static let ok = GRPCStatus(code: 0)
    package static let cancelled = 1
    package static let unknown = 2
    package static let deadlineExceeded = 4
    package static let permissionDenied = 7
    package static let resourceExhausted = 8
    package static let internalError = 13
    package static let unavailable = 14
    package static let unauthenticated = 16

    private static let names = [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
        "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
        "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ]

    /// As gRPC's documents spell it; the number itself for one that they do not know.
    package var name: String { Self.names.indices.contains(code) ? Self.names[code] : "status \(code)" }

    package var description: String { message.isEmpty ? name : "\(name): \(message)" }
}

extension GRPCStatus {
    /// The status in trailers, or in headers that end the stream; `nil` if there is none.
    package init?(trailers: HPACKHeaders) {
        guard let text = trailers.first(name: "grpc-status") else { return nil }
        let message = trailers.first(name: "grpc-message").map { Self.percentDecoded($0) } ?? ""
        self.init(code: Int(text) ?? Self.unknown, message: message)
    }

    /// What a stream that the server reset comes down to: the table of "gRPC over HTTP2".
    /// - Parameter errorCode: of the `RST_STREAM` frame.
    package init(resetWith errorCode: UInt32) {
        let code: Int
        let reason: String
        switch errorCode {
        case 7: (code, reason) = (Self.unavailable, "the server refused the stream")
        case 8: (code, reason) = (Self.cancelled, "the server cancelled the stream")
        case 11: (code, reason) = (Self.resourceExhausted, "the server asks for fewer requests")
        case 12: (code, reason) = (Self.permissionDenied, "the server finds the connection too weakly protected")
        default: (code, reason) = (Self.internalError, "the server reset the stream with HTTP/2 error \(errorCode)")
        }
        self.init(code: code, message: reason)
    }

    /// A proxy or a server of something else answered: the table of gRPC's `http-grpc-status-mapping`.
    package init(httpStatus: String) {
        let code =
            switch httpStatus {
            case "400": Self.internalError
            case "401": Self.unauthenticated
            case "403": Self.permissionDenied
            case "404": 12
            case "429", "502", "503", "504": Self.unavailable
            default: Self.unknown
            }
        self.init(code: code, message: "the answer has HTTP status \(httpStatus)")
    }

    /// `%XX` becomes a byte; whatever is no such escape stays as it is, as the specification asks of readers.
    static func percentDecoded(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = hexDigit(bytes[index + 1]),
                let low = hexDigit(bytes[index + 2])
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOHTTP1

extension HTTPRequestDecoder {
    /// NIO's parser with the limits of a connection.
    package convenience init(_ limits: ConnectionLimits) {
        var configuration = NIOHTTPDecoderLimitConfiguration()
        configuration.maxHeaderFieldSize = limits.headerFieldBytes
        configuration.maxHeaderListSize = limits.headerListBytes
        configuration.maxHeaderFieldCount = limits.headerCount
        self.init(leftOverBytesStrategy: .dropBytes, limitConfiguration: configuration)
    }
}

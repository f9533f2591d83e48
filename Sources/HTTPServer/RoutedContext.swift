// SPDX-License-Identifier: Apache-2.0
package import Hummingbird
package import Inference
private import NIOCore
package import Transport

/// What a cold route knows of its connection.
package struct RoutedContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Without the port.
    package let remoteAddress: String
    package let certificate: PeerCertificate?

    /// Of the connection that the task serves: the router makes contexts itself, from what it knows.
    @TaskLocal package static var peer: ConnectionPeer?

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress?.ipAddress ?? ""
        certificate = Self.peer?.certificate
    }
}

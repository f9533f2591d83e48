// SPDX-License-Identifier: Apache-2.0
package import Hummingbird
private import NIOCore

/// What a cold route knows of its connection.
package struct RoutedContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Without the port.
    package let remoteAddress: String

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress?.ipAddress ?? ""
    }
}

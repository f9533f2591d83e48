// SPDX-License-Identifier: Apache-2.0

/// The command line of a server.
package struct ServerCommand: Sendable {
}

// SPDX-License-Identifier: Apache-2.0

/// A Dockerfile.
package struct Dockerfile: Sendable {
}

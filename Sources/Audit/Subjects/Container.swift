// SPDX-License-Identifier: Apache-2.0

/// A container, whoever describes it.
package struct Container: Sendable {
}

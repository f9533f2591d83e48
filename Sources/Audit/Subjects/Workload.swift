// SPDX-License-Identifier: Apache-2.0

/// What surrounds containers.
package struct Workload: Sendable {
}

// SPDX-License-Identifier: Apache-2.0

/// What a model file is and does, found by reading it and never by running anything of it.
package struct Inspection: Sendable {
}

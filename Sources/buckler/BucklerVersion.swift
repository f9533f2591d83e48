// SPDX-License-Identifier: Apache-2.0

/// The version of this build, in its one place.
enum BucklerVersion {
    static let current = "0.1.0"
    static let text = "buckler \(current)"
}

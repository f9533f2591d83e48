// SPDX-License-Identifier: Apache-2.0

/// Where a native engine runs a model.
package enum Placement: String, Sendable, CaseIterable {
    /// In the server's own process.
    case process
    /// In a sandboxed process for each instance.
    case worker
}

extension ServerSettings {
    /// What was said of the model itself, else of all; of two, the last.
    package func placement(ofModel name: String) -> Placement {
        var (own, general) = (Placement?.none, Placement.worker)
        for text in placements {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let placement = Placement(rawValue: String(parts[0])) else { continue }
            if parts.count == 1 {
                general = placement
            } else if parts[1] == name {
                own = placement
            }
        }
        return own ?? general
    }

    /// Whether any model may be run there.
    package func mayPlace(in placement: Placement) -> Bool {
        placement == self.placement(ofModel: "")
            || placements.contains { $0.hasPrefix(placement.rawValue + ":") }
    }
}

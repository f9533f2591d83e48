// SPDX-License-Identifier: Apache-2.0
package import Inference

/// The tables that are printed once the models were loaded.
package enum ModelTable {
    /// Names, versions and states; a model without a version is shown as Triton shows it.
    package static func text(_ entries: [RepositoryIndexEntry]) -> String {
        var table = BoxTable(["Model", "Version", "Status"])
        for entry in entries {
            guard let version = entry.version else {
                table.append([
                    entry.name, "-",
                    "Not loaded: " + (entry.reason.isEmpty ? "No model version was found" : entry.reason),
                ])
                continue
            }
            let state = entry.state?.rawValue ?? "UNKNOWN"
            table.append([entry.name, String(version), entry.reason.isEmpty ? state : "\(state): \(entry.reason)"])
        }
        return table.text
    }
}

// SPDX-License-Identifier: Apache-2.0

/// All rules. Each room of rules keeps a list of its own.
package enum RuleTable {
    package static let all: [Rule] = [
        ModelFileRules.all, RepositoryRules.all, EnsembleRules.all, PythonRules.all, PackagingRules.all,
        ServiceRules.all, ContainerRules.all, ServerRules.all,
    ].flatMap(\.self)

    package static func rule(_ id: String) -> Rule? { byID[id] }

    private static let byID = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) })
}

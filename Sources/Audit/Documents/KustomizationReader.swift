// SPDX-License-Identifier: Apache-2.0

extension Workload.Kustomization {
    init(_ node: DataNode) {
        sources = ["resources", "bases", "components"].flatMap { node[$0]?.items.compactMap(\.located) ?? [] }
        secrets = Self.literals(node["secretGenerator"])
    }

    /// Whether kustomize takes a file for one, whatever it says of its kind.
    static func isNamed(_ file: String) -> Bool {
        let name = file.split(separator: "/").last ?? ""
        return ["kustomization.yaml", "kustomization.yml", "Kustomization"].contains(name)
    }

    /// `NAME=value` of each thing that a generator makes.
    static func literals(_ generators: DataNode?) -> [EnvironmentVariable] {
        (generators?.items ?? []).flatMap { $0["literals"]?.items.compactMap(\.located) ?? [] }.map(Container.variable)
    }
}

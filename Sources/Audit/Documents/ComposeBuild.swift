// SPDX-License-Identifier: Apache-2.0

/// How a compose file has a service's image built.
struct ComposeBuild {
    /// What its `RUN`s may do.
    var container: Container
    /// The Dockerfile, if it stands in the compose file.
    var dockerfile: DataNode.Scalar?

    init?(_ service: DataNode.Member, _ lines: SourceLines) {
        guard let build = service.value.member("build"), !build.value.isNull else { return nil }
        let node = build.value
        container = Container(.build, name: service.key, place: build.keyPlace)
        container.lines = lines
        if let context = (node["context"] ?? node).located { container.take(context: context) }
        let others = node["additional_contexts"]
        for context in others?.members.compactMap(\.value.located) ?? [] { container.take(context: context) }
        for item in others?.items.compactMap(\.located) ?? [] {
            if let context = Container.variable(item).value { container.take(context: context) }
        }
        container.privileged = node["privileged"]?.composeBool
        for entitlement in node["entitlements"]?.items.compactMap(\.located) ?? [] {
            container.take(entitlement: entitlement)
        }
        if let network = node["network"]?.located { container.take(namespace: "network", network) }
        container.environment = ComposeReader.variables(node["args"])
        container.dockerfile = node["dockerfile"]?.located
        container.context = (node["context"] ?? node).text
        dockerfile = node["dockerfile_inline"]?.scalar
    }
}

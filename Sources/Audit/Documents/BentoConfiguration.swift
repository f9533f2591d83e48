// SPDX-License-Identifier: Apache-2.0

/// Tells BentoML's `configuration.yaml`, of version 1 or 2: by what only that has, or by its name.
///
/// Source: BentoML's "Configurations", and the specification of compose files, whose services have other keys.
extension DataDocument {
    package var isBentoConfiguration: Bool {
        guard case .map = root, root["apiVersion"] == nil else { return false }
        let isNamed = FileKinds.isBentoConfiguration(path: file)
        if !(root["api_server"]?.members.isEmpty ?? true) || (isNamed && root["runners"] != nil) { return true }
        let services = root["services"]?.members ?? []
        guard !services.isEmpty, isNamed || !services.contains(where: { $0.value["image"] != nil }) else {
            return false
        }
        if services.contains(where: Self.isBentoService) { return true }
        return root["version"]?.text == "2" && !services.allSatisfy(Self.isOfCompose)
    }

    /// Whether `services` are BentoML's and nothing that an engine of containers would take: a compose file whose services
    /// are only built may well be of version 2.
    var hasOnlyBentoServices: Bool {
        guard isBentoConfiguration, let services = root["services"]?.members else { return false }
        return !services.contains(where: Self.isOfCompose) && services.contains(where: Self.isBentoService)
    }

    private static func isOfCompose(_ service: DataNode.Member) -> Bool {
        service.value.members.contains { composeKeys.contains($0.key) }
    }

    /// A service with settings, or settings that are for all services.
    private static func isBentoService(_ service: DataNode.Member) -> Bool {
        guard !isOfCompose(service) else { return false }
        if ServiceConfiguration.settings.contains(service.key) { return true }
        return service.value.members.contains { ServiceConfiguration.settings.contains($0.key) }
    }

    /// Of services of compose files, and of none of BentoML's.
    private static let composeKeys: Set<String> = [
        "build", "cap_add", "cap_drop", "cgroup", "command", "configs", "container_name", "depends_on", "deploy",
        "develop",
        "device_cgroup_rules", "devices", "entrypoint", "env_file", "environment", "expose", "extends", "gpus",
        "group_add",
        "healthcheck", "image", "ipc", "labels", "mem_limit", "network_mode", "networks", "pid", "ports", "post_start",
        "pre_stop", "privileged", "provider", "read_only", "restart", "runtime", "secrets", "security_opt", "sysctls",
        "tmpfs", "use_api_socket", "user", "userns_mode", "uts", "volumes", "volumes_from",
    ]
}

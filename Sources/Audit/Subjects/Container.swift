// SPDX-License-Identifier: Apache-2.0

/// A container, whoever describes it. What is not said is `nil` or empty: the defaults are the engine's.
package struct Container: Sendable {
    package enum Origin: Sendable, Equatable {
        /// A service of a compose file.
        case compose
        /// A container of a pod.
        case kubernetes
        /// `docker run`, `podman run`.
        case command
        /// A part of a manifest, which says nothing of what is missing in it.
        case fragment
        /// A command in a container that something else describes: `docker exec`, `compose run`, a hook.
        case exec
        /// What runs while an image is built: `docker build`, compose's `build`.
        case build
    }

    package var origin: Origin
    /// The service, the container of the pod, or the image that is run.
    package var name: String
    /// Of its name, or of what stands for it.
    package var place: Place
    /// Whether it ends by itself, and so answers no probes: init and ephemeral containers, those of jobs.
    package var isTransient = false
    package var image: Located<String>?
    /// Whether its image is built from a Dockerfile beside it.
    package var isBuilt = false

    package var privileged: Located<Bool>?
    /// `name`, `uid` or `uid:gid`.
    package var user: Located<String>?
    package var runAsNonRoot: Located<Bool>?
    /// Numbers or names of groups that its processes have, where they are set: `runAsGroup`, `fsGroup`, `group_add`.
    package var groups: [Located<String>] = []
    /// Of these the one that its processes start with, where it is set apart from the user: `runAsGroup`.
    package var mainGroup: Located<String>?
    /// `no-new-privileges`, or the contrary of `allowPrivilegeEscalation`.
    package var noNewPrivileges: Located<Bool>?
    package var readOnlyRoot: Located<Bool>?
    /// In upper case, without `CAP_`.
    package var addedCapabilities: [Located<String>] = []
    package var droppedCapabilities: [Located<String>] = []
    /// `RuntimeDefault`, `Localhost`, `unconfined`, or a file.
    package var seccomp: Located<String>?
    package var appArmor: Located<String>?
    /// An option that turns a confinement off or changes it: `label=disable`, `procMount: Unmasked`.
    package var confinements: [Located<String>] = []
    package var sysctls: [Located<String>] = []

    package var memoryLimit: Located<String>?
    package var cpuLimit: Located<String>?
    /// The same where it is a number of CPUs, as in `2` or `500m`, and neither a share of time nor a list of them.
    package var cpuCount: Located<String>?
    package var pidsLimit: Located<String>?
    /// What a cluster keeps free for it.
    package var memoryRequest: Located<String>?
    package var cpuRequest: Located<String>?
    package var gpus: [GPURequest] = []
    /// Whether the engine's runtime gives GPUs to the container.
    package var usesGPURuntime: Located<String>?

    package var hostNamespaces: [HostNamespace] = []
    /// Whose processes it sees beside its own, as in `service:triton`.
    package var processesOf: Located<String>?
    /// Whose network it is on, where that is a container which nothing beside it describes.
    package var networkOf: Located<String>?
    /// A program that compose runs in its place.
    package var provider: Located<String>?
    package var devices: [Located<String>] = []
    /// Kinds of devices that it may use beside them, as in `c 195:* rwm`.
    package var deviceRules: [Located<String>] = []
    package var mounts: [Mount] = []
    package var ports: [Port] = []
    package var environment: [EnvironmentVariable] = []
    /// Files that give it more of them, as they are named from where the file lies that names them.
    package var environmentFiles: [Located<String>] = []
    /// As far as a compose file has them.
    package var labels: [EnvironmentVariable] = []
    /// Names of secrets of which all entries are in its environment.
    package var wholeSecrets: [Located<String>] = []
    package var hasLiveness = false
    package var hasReadiness = false
    package var disabledHealthCheck: Place?
    /// Seconds that pass until a server that hangs is called unhealthy, of each check that says so.
    package var unhealthyAfter: [Located<Int>] = []
    /// Of a build: the Dockerfile that is named, and the directory from where it is.
    package var dockerfile: Located<String>?
    package var context: String?
    /// Of a build: addresses from which files and images come to it.
    package var sources: [Located<String>] = []
    /// Commands that are run in it beside its own: hooks, and checks of its health.
    package var hooks: [[ShellWord]] = []
    /// Of a compose file, as far as it describes them.
    package var networks: [Network] = []
    /// Whether the file that it stands in has networks that lead nowhere else.
    package var hasInternalNetworksBeside = false
    /// What it runs: entry point and arguments.
    package var command: [ShellWord] = []
    /// Lines of the file that it stands in, for mends; none where a mend would not be a whole line.
    package var lines = SourceLines()

    package init(_ origin: Origin, name: String, place: Place) {
        self.origin = origin
        self.name = name
        self.place = place
    }

    /// Paths in the tree at which the Dockerfile of a build may be: from the directory of the build, from where the file
    /// lies that says so, or from the root; none of what other tools read.
    var dockerfilePaths: [String] {
        guard let dockerfile, !dockerfile.value.hasPrefix("/"),
            !FileKinds.yaml.contains(where: dockerfile.value.hasSuffix),
            !dockerfile.value.hasSuffix(".hcl")
        else { return [] }
        let names = (context.map { [$0 + "/" + dockerfile.value] } ?? []) + [dockerfile.value]
        return names.flatMap { [TreePath.resolve($0, besides: place.file), TreePath.resolve($0, besides: "")] }
            .compactMap(\.self)
    }

    /// As messages call it.
    package var described: String {
        switch origin {
        case .compose: "service \(Printed.quoted(name))"
        case .kubernetes, .fragment: "container \(Printed.quoted(name))"
        case .command: "container of \(Printed.quoted(name))"
        case .exec: "command in \(Printed.quoted(name))"
        case .build: "build of \(Printed.quoted(name))"
        }
    }

    /// Whether what is missing is left to the defaults of the engine, and of nothing else.
    package var isWhole: Bool {
        switch origin {
        // What a program stands for is no container of the engine's.
        case .compose, .kubernetes, .command: provider == nil
        case .fragment, .exec, .build: false
        }
    }
}

/// Which GPUs a container gets.
package struct GPURequest: Sendable {
    package enum Devices: Sendable, Equatable {
        case all
        /// So many, whichever are free.
        case count(String)
        /// Those of these indexes or names.
        case named([String])
    }

    package var devices: Devices
    package var place: Place
}

/// A namespace of the host's that a container shares.
package struct HostNamespace: Sendable {
    package enum Kind: String, Sendable {
        case network
        case pid = "PID"
        case ipc = "IPC"
        case uts = "UTS"
        case user
        case cgroup
    }

    package var kind: Kind
    package var place: Place
}

package struct Mount: Sendable {
    package enum Kind: Sendable, Equatable {
        /// A path of the host.
        case host
        /// A volume of the engine, or a claim.
        case volume
        /// Lives as long as the container or pod.
        case temporary
        /// Files that the cluster makes: `configMap`, `secret`, `projected`.
        case injected
        /// A network's file system, by the name of its kind.
        case other(String)
    }

    package var kind: Kind
    package var source: String
    package var target: String
    package var isReadOnly: Bool
    package var place: Place
}

/// A network of a compose file that a service is on.
package struct Network: Sendable {
    package var name: String
    /// Whether it leads nowhere but to its own containers.
    package var isInternal: Bool
    /// Whether another file describes it.
    package var isExternal: Bool
    package var place: Place
}

/// A port of a container that others can reach.
package struct Port: Sendable {
    /// `nil` for every address of the host.
    package var hostAddress: String?
    /// `nil` if the port is not one of the host's.
    package var hostPort: String?
    package var containerPort: String
    package var place: Place

    /// Whether only the machine itself reaches it.
    package var isLoopback: Bool { hostAddress.map(Addresses.isLoopback) ?? false }
}

package struct EnvironmentVariable: Sendable {
    package var name: Located<String>
    /// `nil` if it comes from elsewhere: the surroundings, a secret.
    package var value: Located<String>?
    /// Whether the value, or a part of it, is there only for surroundings that set no other.
    package var isDefault = false
}

package enum Addresses {
    /// Whether only the machine itself reaches what listens there.
    package static func isLoopback(_ address: String) -> Bool {
        address == "localhost" || address == "::1" || address == "[::1]"
            || (address.hasPrefix("127.") && address.allSatisfy { $0.isNumber || $0 == "." })
    }

    package static func isEvery(_ address: String) -> Bool {
        ["0.0.0.0", "::", "[::]", "*", "0", "::0"].contains(address)
    }
}

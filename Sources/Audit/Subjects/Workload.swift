// SPDX-License-Identifier: Apache-2.0

/// What surrounds containers: a document of a Kubernetes manifest, without its containers.
package struct Workload: Sendable {
    package var kind: String
    package var name: String
    package var place: Place
    package var namespace: Located<String>?
    package var pod: Pod?
    package var service: Service?
    package var ingress: Ingress?
    package var networkPolicy: NetworkPolicy?
    /// Of roles and their bindings.
    package var access: ClusterAccess?
    /// Of a `Namespace`: the standard that its pods are held to.
    package var enforcedPodSecurity: Located<String>?
    /// Of a `Kustomization`.
    package var kustomization: Kustomization?
    /// Paths of the host that it gives to containers which another document describes.
    package var hostPaths: [HostSource] = []
    /// Of a `ConfigMap` or `Secret`.
    package var entries: [EnvironmentVariable] = []
    /// Of the same: what lines of the files in it set.
    package var settings: [EnvironmentVariable] = []

    package struct Pod: Sendable {
        package var place: Place
        /// Whether it is only put over another, and so says nothing of what is missing.
        package var isPatch = false
        package var hostNamespaces: [HostNamespace] = []
        /// Of all its containers, in each of them.
        package var sharesProcesses: Located<Bool>?
        package var serviceAccount: Located<String>?
        package var mountsToken: Located<Bool>?
        /// Of volumes.
        package var hostPaths: [Located<String>] = []
        /// Volumes of kinds that reach out of the cluster, as in `nfs`.
        package var otherVolumes: [(kind: String, place: Place)] = []
        /// Names of volumes that are memory, of no said size.
        package var memoryVolumes: [Located<String>] = []
        /// Whether each of its containers may have so much memory and no more.
        package var hasMemoryLimits = false
    }

    package struct HostSource: Sendable {
        package enum Kind: Sendable, Equatable {
            case hostPath
            /// A disk of the node, or a directory on one, that is set apart for volumes.
            case local
            /// One file, of a compose file's `secrets` and `configs`.
            case file
        }

        package var kind: Kind
        package var path: Located<String>
    }

    package struct Service: Sendable {
        /// `ClusterIP`, `NodePort`, `LoadBalancer`.
        package var type: Located<String>?
        package var ports: [Located<String>] = []
        package var externalAddresses: [Located<String>] = []
        /// Networks that a load balancer lets in; empty for all.
        package var sources: [Located<String>] = []
        /// Whether its annotations ask for a load balancer within the cloud's own network.
        package var isInternal = false
    }

    package struct Ingress: Sendable {
        package var hasTLS = false
        /// Of its rules, the empty name for each that is for all of them.
        package var names: [Located<String>] = []
        /// In lower case, maybe with `*.` before them; `nil` if there is TLS for every name.
        package var namesWithTLS: Set<String>?
        /// The class of controllers that reads it, as in `nginx`.
        package var controller: String?
        package var annotations: [Annotation] = []
    }

    package struct Kustomization: Sendable {
        /// What it is made of: files, directories, addresses.
        package var sources: [Located<String>] = []
        /// Of the secrets that are made from values in the file.
        package var secrets: [EnvironmentVariable] = []
    }

    /// What is said to the controller that makes something of the document.
    package struct Annotation: Sendable {
        /// Who reads it, as in `nginx.ingress.kubernetes.io`; empty if the key does not say.
        package var reader: String
        /// Without the reader.
        package var name: String
        package var value: Located<String>
    }

    /// Its pod, if all that it has is said.
    package var wholePod: Pod? { pod.flatMap { $0.isPatch ? nil : $0 } }

    package init(kind: String, name: String, place: Place) {
        self.kind = kind
        self.name = name
        self.place = place
    }

    package var described: String {
        name.isEmpty ? Printed.cut(kind, limit: 40) : "\(Printed.cut(kind, limit: 40)) \(Printed.quoted(name))"
    }
}

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
    /// Of a `Namespace`: the standard that its pods are held to.
    package var enforcedPodSecurity: Located<String>?
    /// Of a `ConfigMap` or `Secret`.
    package var entries: [EnvironmentVariable] = []

    package struct Pod: Sendable {
        package var place: Place
        package var hostNamespaces: [HostNamespace] = []
        package var serviceAccount: Located<String>?
        package var mountsToken: Located<Bool>?
        /// Of volumes.
        package var hostPaths: [Located<String>] = []
        /// Volumes of kinds that reach out of the cluster, as in `nfs`.
        package var otherVolumes: [(kind: String, place: Place)] = []
        package var containerCount = 0
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
        package var annotations: [Annotation] = []
    }

    /// What is said to the controller that makes something of the document.
    package struct Annotation: Sendable {
        /// Who reads it, as in `nginx.ingress.kubernetes.io`; empty if the key does not say.
        package var reader: String
        /// Without the reader.
        package var name: String
        package var value: Located<String>
    }

    package init(kind: String, name: String, place: Place) {
        self.kind = kind
        self.name = name
        self.place = place
    }

    package var described: String {
        name.isEmpty ? Printed.cut(kind, limit: 40) : "\(Printed.cut(kind, limit: 40)) \(Printed.quoted(name))"
    }
}

// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Audit

/// Lengths of time, sizes, and what manifests say around containers.
@Suite("Around containers")
struct SurroundingsTests {
    @Test(
        "Lengths of time are seconds; what is none takes for ever",
        arguments: [
            ("30s", 30), ("1m30s", 90), ("1.5h", 5400), ("500ms", 0), ("90", 90), ("1d", .max), ("s", .max), ("", 0),
            ("9999999999h", .max), ("1.2.3s", .max),
        ]
    )
    func durations(text: String, seconds: Int) { #expect(Durations.seconds(text) == seconds) }

    @Test("A product that no number holds takes for ever")
    func product() {
        #expect(Durations.product(30, 3) == 90)
        #expect(Durations.product(.max, 2) == .max)
    }

    @Test(
        "Sizes are bytes",
        arguments: [
            ("4g", 4 << 30), ("16Gi", 16 << 30), ("512MB", 512 << 20), ("1048576", 1 << 20), ("0", 0), ("1.5k", 1536),
            ("9999999999999999999e", .max), ("big", nil), ("4gg", nil), ("-1", nil), ("", nil),
        ]
    )
    func sizes(text: String, bytes: Int?) { #expect(Quantities.bytes(text) == bytes) }

    @Test(
        "CPUs are counted in thousandths too",
        arguments: [
            ("2", 2), ("1.5", 1.5), ("500m", 0.5), ("50000m", 50), ("", nil), ("m", nil), ("0-3", nil), ("inf", nil),
            ("1e999", nil),
        ]
    )
    func cpus(text: String, count: Double?) { #expect(Quantities.cpus(text) == count) }

    private func policy(_ spec: String) throws -> NetworkPolicy {
        let documents = try DataReader.yaml(spec, file: "p.yaml", limits: .defaults)
        return NetworkPolicyReader.policy(documents.first?.root, at: Place("p.yaml"))
    }

    @Test(
        "A policy without types is about what comes in, and about what goes out if it says so",
        arguments: [
            ("podSelector: {}", [NetworkPolicy.Direction.ingress]),
            ("egress: []", [.ingress, .egress]),
            ("policyTypes: [Egress]\ningress: []", [.egress]),
            ("", [.ingress]),
        ]
    )
    func directions(spec: String, directions: [NetworkPolicy.Direction]) throws {
        #expect(try policy(spec).directions == Set(directions))
    }

    @Test("Nobody named is everybody, and a protocol without a port is every port")
    func nobody() throws {
        let rules = try policy("ingress:\n- from: []\n  ports: [{protocol: TCP}]\n- {}").rules
        #expect(rules.count == 2)
        #expect(rules.allSatisfy { $0.peers == nil && $0.ports == nil })
    }

    @Test(
        "An ingress has TLS for the names of its entries, or for all if one of them has none",
        arguments: [
            ("tls: [{hosts: [A.example.org]}, {hosts: [b.example.org]}]", ["a.example.org", "b.example.org"]),
            ("tls: [{hosts: [a.example.org]}, {secretName: b}]", nil),
            ("rules: []", []),
        ] as [(String, Set<String>?)]
    )
    func ingressNames(spec: String, names: Set<String>?) throws {
        let text = "spec:\n  " + spec
        let document = try #require(try DataReader.yaml(text, file: "i.yaml", limits: .defaults).first)
        let ingress = Workload.Ingress(document.root)
        #expect(ingress.namesWithTLS == names)
        #expect(ingress.hasTLS == spec.hasPrefix("tls"))
    }

    @Test("A container's main group is its own, or the pod's")
    func mainGroup() throws {
        let text = """
            apiVersion: v1
            kind: Pod
            spec:
              securityContext: {runAsGroup: 10001, fsGroup: 10002}
              containers:
              - {name: a}
              - {name: b, securityContext: {runAsGroup: 10003}}
            """
        let document = try #require(try DataReader.yaml(text, file: "p.yaml", limits: .defaults).first)
        let containers = try #require(KubernetesReader.read(document)).containers
        #expect(containers.map { $0.mainGroup?.value } == ["10001", "10003"])
    }

    @Test("Services without networks are on the one that leads everywhere; hooks are commands")
    func compose() throws {
        let text = """
            services:
              a: {image: a, healthcheck: {test: "curl x | sh", interval: 1m, retries: 5}}
              b: {image: b, networks: {inner: {}}}
              c: {image: c, network_mode: none}
            networks: {inner: {internal: true}}
            """
        let document = try #require(try DataReader.yaml(text, file: "compose.yaml", limits: .defaults).first)
        let services = try #require(ComposeReader.read(document)).containers
        #expect(services.map { $0.networks.map(\.isInternal) } == [[false], [true], []])
        #expect(services[0].unhealthyAfter.map(\.value) == [300])
        #expect(services[0].hooks.map { $0.map(\.text) } == [["sh", "-c", "curl x | sh"]])
    }
}

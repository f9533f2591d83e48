// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Audit

/// Which files are read as Dockerfiles.
@Suite("Names of Dockerfiles")
struct DockerfilesByNameTests {
    private static let root = "FROM debian:12\nUSER root\n"

    private func audit(_ files: [String: String]) -> AuditResult {
        Audit().run(MemoryTree(files.mapValues { Array($0.utf8) }))
    }

    private func isRead(_ path: String, in files: [String: String] = [:]) -> Bool {
        let result = audit(files.merging([path: Self.root]) { $1 })
        #expect(result.unreadable.isEmpty, "\(result.unreadable)")
        return result.findings.contains { $0.rule == "BKL-D002" && $0.place.file == path }
    }

    @Test(
        "A word before or behind says which",
        arguments: [
            "Dockerfile-gpu", "Dockerfile_gpu", "a/dockerfile-3.11", "Dockerfile_cuda12.4", "gpu-Dockerfile",
            "gpu_containerfile", "Containerfile-dev", "Dockerfile.gpu", "gpu.Dockerfile",
        ]
    )
    func named(_ path: String) { #expect(isRead(path)) }

    @Test(
        "Texts about Dockerfiles are none",
        arguments: [
            "dockerfile-notes.md", "dockerfile_lint.yml", "Dockerfile-notes.txt", "mydockerfile", "dockerfiles",
        ]
    )
    func others(_ path: String) { #expect(!isRead(path)) }

    @Test(
        "What a build names is one, whatever it is called",
        arguments: [
            ("compose.yaml", "services:\n  a:\n    build: {context: ., dockerfile: image.gpu}\n", "image.gpu"),
            ("d/compose.yaml", "services:\n  a:\n    build: {context: ../s, dockerfile: ../image.gpu}\n", "image.gpu"),
            ("d/compose.yaml", "services:\n  a:\n    build: {context: ./s, dockerfile: image.txt}\n", "d/s/image.txt"),
            ("build.sh", "docker build -t a -f docker/image.gpu .\n", "docker/image.gpu"),
            ("tools/build.sh", "docker buildx build --file=image context\n", "tools/image"),
            ("tools/build.sh", "podman build . -f tools/image\n", "tools/image"),
        ]
    )
    func byBuild(_ path: String, text: String, dockerfile: String) {
        #expect(isRead(dockerfile, in: [path: text]))
        #expect(!isRead(dockerfile))
    }

    @Test("What leads out of the tree, is not there or is of other tools is no Dockerfile")
    func elsewhere() {
        let text =
            "docker build -f ../image .; docker build -f /image .; docker build -f none .; docker buildx bake -f a.hcl"
        let result = audit(["build.sh": text, "image": Self.root, "a.hcl": "group {}\n"])
        #expect(result.unreadable.isEmpty)
        #expect(!result.findings.contains { $0.rule == "BKL-D002" })
    }

    @Test("One that cannot be read is told once")
    func unreadable() {
        let text = "docker build -f Dockerfile .; docker build -f ./Dockerfile .; docker build -f image .\n"
        let result = audit(["build.sh": text, "Dockerfile": "RUN x\n", "image": "RUN x\n"])
        #expect(result.unreadable.map(\.place.file).sorted() == ["Dockerfile", "image"])
    }
}

// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// The readers that hostile bytes reach first, each alone with what it needs: `Sources/` links to the server's own
// folders and files, so that all targets build in a minute or two and under the package whose declarations they look
// into.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let swiftProtobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")

/// libFuzzer brings the `main`.
func fuzzer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies,
        swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])]
    )
}

let package = Package(
    name: "buckler-fuzz",
    products: [
        .executable(name: "fuzz-config", targets: ["Config"]),
        .executable(name: "fuzz-dockerfile", targets: ["Dockerfiles"]),
        .executable(name: "fuzz-facts", targets: ["Facts"]),
        .executable(name: "fuzz-head", targets: ["Head"]),
        .executable(name: "fuzz-inspect", targets: ["Inspect"]),
        .executable(name: "fuzz-json", targets: ["JSON"]),
        .executable(name: "fuzz-messages", targets: ["Messages"]),
        .executable(name: "fuzz-models", targets: ["Models"]),
        .executable(name: "fuzz-patterns", targets: ["Patterns"]),
        .executable(name: "fuzz-pickle", targets: ["Pickle"]),
        .executable(name: "fuzz-requirements", targets: ["Requirements"]),
        .executable(name: "fuzz-shell", targets: ["Shells"]),
        .executable(name: "fuzz-tar", targets: ["Tar"]),
        .executable(name: "fuzz-toml", targets: ["TOML"]),
        .executable(name: "fuzz-wire", targets: ["Wire"]),
        .executable(name: "fuzz-yaml", targets: ["YAML"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .target(
            name: "Audit",
            dependencies: [
                "CZlib", "Inference", "ModelRepository", .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings
        ),
        .target(name: "Inference", swiftSettings: settings),
        .target(name: "InferenceProtos", dependencies: [swiftProtobuf], swiftSettings: settings),
        .target(
            name: "ModelRepository",
            dependencies: ["Inference", "InferenceProtos", swiftProtobuf],
            swiftSettings: settings
        ),
        .target(name: "CHeap"),
        .target(name: "CZlib", linkerSettings: [.linkedLibrary("z")]),
        .target(name: "Transport", dependencies: ["CZlib", "Inference", nioCore], swiftSettings: settings),
        .target(name: "GRPCServer", dependencies: ["Inference", "Transport", nioCore], swiftSettings: settings),
        .target(
            name: "HTTPServer",
            dependencies: ["Inference", "Transport", nioCore, nioHTTP1],
            swiftSettings: settings
        ),
        fuzzer("Config", ["Inference", "ModelRepository"]),
        fuzzer("Dockerfiles", ["Audit"]),
        fuzzer("Facts", ["Audit"]),
        fuzzer("Head", ["HTTPServer", "Inference", nioCore, nioEmbedded, nioHTTP1]),
        fuzzer("Inspect", ["Audit"]),
        fuzzer("JSON", ["HTTPServer", "Inference"]),
        fuzzer("Messages", ["CHeap", "GRPCServer", "Inference", "Transport", nioCore]),
        fuzzer("Models", ["Audit"]),
        fuzzer("Patterns", ["Transport"]),
        fuzzer("Pickle", ["Audit"]),
        fuzzer("Requirements", ["Audit"]),
        fuzzer("Shells", ["Audit"]),
        fuzzer("Tar", []),
        fuzzer("TOML", ["Audit"]),
        fuzzer("Wire", ["GRPCServer", "Inference"]),
        fuzzer("YAML", ["Audit"]),
    ]
)

// swift-tools-version: 6.3
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// One block for every Swift target of this package: a setting that differs between modules is a surprise waiting.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTP2: Target.Dependency = .product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK: Target.Dependency = .product(name: "NIOHPACK", package: "swift-nio-http2")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let nioExtras: Target.Dependency = .product(name: "NIOExtras", package: "swift-nio-extras")
let nioHTTPTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1: Target.Dependency = .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let certificates: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let histogram: Target.Dependency = .product(name: "Histogram", package: "hdrhistogram-swift")

/// Sources in the order in which a request meets them; a module imports only what stands below it, plus `Inference`.
let package = Package(
    name: "buckler",
    products: [
        .executable(name: "buckler", targets: ["buckler"]),
        .executable(name: "buckler-launcher", targets: ["buckler-launcher"]),
        .executable(name: "buckler-worker", targets: ["buckler-worker"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .executableTarget(
            name: "buckler",
            dependencies: [
                "Access", "Audit", "CLinux", "Engines", "GRPCServer", "HTTPServer", "Inference", "InferenceProtos",
                "KServeClient", "ModelRepository", "Scheduling", "Serving", "Settings", "Telemetry", "Transport",
                arguments, asn1,
                certificates, crypto, histogram, httpClient, lifecycle, logging, nioCore, nioHTTP1, nioPosix, nioSSL,
                protobuf,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "HTTPServer",
            dependencies: [
                "CLinux", "Inference", "Transport", httpTypes, hummingbird, hummingbirdCore, lifecycle, logging,
                nioCore, nioHPACK, nioHTTP1, nioHTTP2, nioHTTPTypes, nioHTTPTypesHTTP1, nioPosix, nioSSL, nioTLS,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "GRPCServer",
            dependencies: [
                "Inference", "InferenceProtos", "Transport", lifecycle, logging, nioCore, nioExtras, nioHPACK, nioHTTP2,
                nioPosix, nioSSL, nioTLS, protobuf,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "Transport",
            dependencies: [
                "CZlib", "Inference", asn1, certificates, deque, logging, nioCore, nioHTTP2, nioPosix, nioSSL, nioTLS,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "Access",
            dependencies: ["CLinux", "Inference", crypto, cryptoExtras],
            swiftSettings: settings
        ),
        .target(
            name: "Serving",
            dependencies: ["CLinux", "Inference", "InferenceProtos", "ModelRepository", "Scheduling", crypto, logging],
            swiftSettings: settings
        ),
        .target(
            name: "ModelRepository",
            dependencies: ["CLinux", "Inference", "InferenceProtos", protobuf],
            swiftSettings: settings
        ),
        .target(name: "Scheduling", dependencies: ["CLinux", "Inference", deque], swiftSettings: settings),
        .target(
            name: "Engines",
            dependencies: ["CLinux", "COnnxRuntime", "CZlib", "Inference", crypto, deque],
            swiftSettings: settings
        ),
        .target(
            name: "Audit",
            dependencies: ["CLinux", "CZlib", "Inference", "InferenceProtos", "ModelRepository", yams],
            swiftSettings: settings
        ),
        .target(name: "Settings", dependencies: ["Inference", "Telemetry", yams], swiftSettings: settings),
        .target(name: "Telemetry", dependencies: ["Inference", logging], swiftSettings: settings),
        .target(
            name: "KServeClient",
            dependencies: ["Inference", nioCore, nioHPACK, nioHTTP1, nioHTTP2, nioPosix, nioSSL, nioTLS],
            swiftSettings: settings
        ),
        .target(name: "InferenceProtos", dependencies: [protobuf], swiftSettings: settings),
        .target(name: "Inference", swiftSettings: settings),
        .executableTarget(name: "buckler-worker", dependencies: ["Engines"], swiftSettings: settings),
        // Static and without the Swift runtime, which the linker would otherwise be given for C too: it starts in less
        // than a millisecond and does not care what lies in a library path.
        .executableTarget(
            name: "buckler-launcher",
            linkerSettings: [.unsafeFlags(["-static-executable", "-nostartfiles"])]
        ),
        .target(name: "CLinux"),
        .target(name: "COnnxRuntime"),
        .target(name: "CZlib", linkerSettings: [.linkedLibrary("z")]),
        .target(
            name: "TestSupport",
            dependencies: ["Access", "Inference", nioCore, nioHPACK, nioHTTP2, nioPosix, nioSSL, protobuf],
            path: "Tests/TestSupport",
            swiftSettings: settings
        ),
        .testTarget(
            name: "AccessTests",
            dependencies: ["Access", "Inference", crypto, cryptoExtras],
            swiftSettings: settings
        ),
        .testTarget(
            name: "AuditTests",
            dependencies: ["Audit", "Inference", "ModelRepository"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "BenchTests",
            dependencies: ["buckler", "Inference", "KServeClient", "TestSupport", nioPosix],
            swiftSettings: settings
        ),
        .testTarget(
            name: "EnginesTests",
            dependencies: ["CLinux", "COnnxRuntime", "Engines", "Inference", "TestSupport"],
            exclude: ["Models"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "HTTPServerTests",
            dependencies: [
                "Access", "HTTPServer", "Inference", "TestSupport", "Transport", lifecycle, logging, nioCore,
                nioEmbedded, nioHPACK, nioHTTP1, nioHTTP2, nioPosix, nioSSL, nioTLS,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "GRPCServerTests",
            dependencies: [
                "Access", "GRPCServer", "Inference", "InferenceProtos", "TestSupport", "Transport", lifecycle, logging,
                nioCore, nioEmbedded, nioHPACK, nioHTTP2, nioPosix, nioSSL, protobuf,
            ],
            exclude: ["Fixtures"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "KServeClientTests",
            dependencies: ["Inference", "KServeClient", "TestSupport", nioCore, nioHPACK, nioHTTP1, nioPosix],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ModelRepositoryTests",
            dependencies: ["Inference", "InferenceProtos", "ModelRepository", "TestSupport", protobuf],
            exclude: ["Fixtures"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SchedulingTests",
            dependencies: ["Inference", "Scheduling", deque],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ServingTests",
            dependencies: [
                "Engines", "Inference", "InferenceProtos", "ModelRepository", "Scheduling", "Serving", crypto, logging,
                protobuf,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SettingsTests",
            dependencies: ["Inference", "Settings", "Telemetry"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TelemetryTests",
            dependencies: ["Inference", "Telemetry", logging],
            exclude: ["metrics.golden.txt"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TransportTests",
            dependencies: ["Inference", "TestSupport", "Transport", nioCore, nioPosix],
            swiftSettings: settings
        ),
    ]
)

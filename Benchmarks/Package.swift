// swift-tools-version: 6.3
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// As in the package above: figures compare only if both are built alike.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTP2: Target.Dependency = .product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK: Target.Dependency = .product(name: "NIOHPACK", package: "swift-nio-http2")
let grpcCore: Target.Dependency = .product(name: "GRPCCore", package: "grpc-swift-2")
let grpcTransport: Target.Dependency = .product(name: "GRPCNIOTransportHTTP2", package: "grpc-swift-nio-transport")

/// What Buckler is measured against: the least that a server on the same socket library, and the engine alone, can cost.
let package = Package(
    name: "buckler-benchmarks",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
    ],
    targets: [
        .executableTarget(
            name: "http-echo",
            dependencies: ["EchoServer", nioCore, nioHTTP1, nioPosix],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "bytes-echo",
            dependencies: ["EchoServer", nioCore, nioPosix],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "grpc-frame-echo",
            dependencies: ["EchoServer", nioCore, nioHPACK, nioHTTP2, nioPosix],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "grpc-swift-echo",
            dependencies: ["EchoServer", grpcCore, grpcTransport, nioPosix],
            swiftSettings: settings
        ),
        .target(name: "EchoServer", dependencies: [nioCore, nioPosix], swiftSettings: settings),
        .executableTarget(name: "engine-loop", linkerSettings: [.linkedLibrary("dl")]),
    ]
)

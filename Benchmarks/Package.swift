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

/// What Buckler is measured against: the least that a server on the same socket library, and the engine alone, can cost.
let package = Package(
    name: "buckler-benchmarks",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2")
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
        .target(name: "EchoServer", dependencies: [nioCore, nioPosix], swiftSettings: settings),
        .executableTarget(name: "engine-loop", linkerSettings: [.linkedLibrary("dl")]),
    ]
)

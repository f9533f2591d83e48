// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// The readers that hostile bytes reach first, each alone with what it needs: `Sources/` links to the server's own
// folders, so that a target builds in seconds and under the package whose declarations it looks into.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "buckler-fuzz",
    products: [
        .executable(name: "fuzz-wire", targets: ["Wire"])
    ],
    targets: [
        .target(name: "Inference", swiftSettings: settings),
        .target(name: "Transport", dependencies: ["Inference"], swiftSettings: settings),
        .target(name: "GRPCServer", dependencies: ["Inference", "Transport"], swiftSettings: settings),
        .executableTarget(
            name: "Wire",
            dependencies: ["GRPCServer", "Inference"],
            swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])]
        ),
    ]
)

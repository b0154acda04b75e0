// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: Swift 6 language mode, warnings are errors, imports say who sees them.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")

let package = Package(
    name: "cosmolet",
    products: [
        .executable(name: "cosmolet", targets: ["cosmolet"]),
        .executable(name: "kubesim", targets: ["kubesim"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-async-algorithms", from: "1.1.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    ],
    targets: [
        // C libraries and generated C. Only Bindings imports them.
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
        .target(name: "CMessages", dependencies: ["CProtobufC"], exclude: ["README.md"]),
        .target(
            name: "Bindings", dependencies: ["CCurl", "CMessages", "CProtobufC"],
            swiftSettings: strict + [.strictMemorySafety()]),

        // The data path, left to right.
        .target(name: "NetworkTypes", swiftSettings: strict),
        .target(name: "Kubernetes", dependencies: ["Bindings", "Yams", logging], swiftSettings: strict),
        .target(name: "Announcements", dependencies: ["NetworkTypes"], swiftSettings: strict),
        .target(name: "Northbound", dependencies: ["NetworkTypes"], swiftSettings: strict),
        .target(
            name: "FRRManagement", dependencies: ["Bindings", "NetworkTypes", "Northbound", logging],
            swiftSettings: strict),

        // The agent and its command line.
        .target(name: "Observability", dependencies: [logging], swiftSettings: strict),
        .target(
            name: "CosmoletAgent",
            dependencies: [
                "Announcements", "FRRManagement", "Kubernetes", "NetworkTypes", "Northbound", "Observability", "Yams",
                hummingbird, lifecycle, logging,
                .product(name: "AsyncAlgorithms", package: "swift-async-algorithms"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "cosmolet",
            dependencies: [
                "CosmoletAgent", "FRRManagement", "NetworkTypes", "Northbound", "Observability", lifecycle, logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        // An API server to test and show against.
        .target(
            name: "KubeSim",
            dependencies: [hummingbird, .product(name: "HummingbirdTLS", package: "hummingbird"), lifecycle, logging],
            swiftSettings: strict),
        .executableTarget(
            name: "kubesim",
            dependencies: ["KubeSim", lifecycle, logging, .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: strict),
    ]
)

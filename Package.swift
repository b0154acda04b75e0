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

let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")

let package = Package(
    name: "cosmolet",
    products: [
        .executable(name: "cosmolet", targets: ["cosmolet"]),
        .executable(name: "kubesim", targets: ["kubesim"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    ],
    targets: [
        // C libraries and generated C. Only Bindings imports them.
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CZeroMQ", pkgConfig: "libzmq", providers: [.apt(["libzmq3-dev"])]),
        .systemLibrary(name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
        .target(name: "CMessages", dependencies: ["CProtobufC"], exclude: ["README.md"]),
        .target(
            name: "Bindings", dependencies: ["CCurl", "CMessages", "CProtobufC", "CZeroMQ"],
            swiftSettings: strict + [.strictMemorySafety()]),

        // The data path, left to right.
        .target(name: "NetworkTypes", swiftSettings: strict),
        .target(name: "Kubernetes", dependencies: ["Bindings", "Yams", logging], swiftSettings: strict),
        .target(name: "Announcements", dependencies: ["NetworkTypes"], swiftSettings: strict),
        .target(name: "Northbound", dependencies: ["NetworkTypes"], swiftSettings: strict),
        .target(
            name: "FRRManagement", dependencies: ["Bindings", "NetworkTypes", "Northbound", logging],
            swiftSettings: strict),

        .target(
            name: "Journal",
            dependencies: ["NetworkTypes", "Northbound", logging, grdb],
            swiftSettings: strict),
        .target(
            name: "NorthboundRPC", dependencies: ["Bindings", "NetworkTypes", "Northbound", logging],
            swiftSettings: strict),

        // The agent and its command line.
        .target(name: "Observability", dependencies: [logging], swiftSettings: strict),
        .target(
            name: "CosmoletAgent",
            dependencies: [
                "Announcements", "Bindings", "FRRManagement", "Journal", "Kubernetes", "NetworkTypes", "Northbound",
                "NorthboundRPC", "Observability", "Yams",
                hummingbird, lifecycle, logging, .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "cosmolet",
            dependencies: [
                "CosmoletAgent", "FRRManagement", "Journal", "NetworkTypes", "Northbound", "NorthboundRPC",
                "Observability", lifecycle, logging, argumentParser,
            ],
            swiftSettings: strict),

        // An API server to test and show against.
        .target(
            name: "KubeSim",
            dependencies: [hummingbird, .product(name: "HummingbirdTLS", package: "hummingbird"), lifecycle, logging],
            swiftSettings: strict),
        .executableTarget(
            name: "kubesim",
            dependencies: [
                "KubeSim", "Kubernetes", lifecycle, logging, argumentParser,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),

        // Fakes, processes and the lab, for tests and for the demo.
        .target(
            name: "CosmoletTesting",
            dependencies: [
                "NetworkTypes", "Northbound", subprocess, .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),

        .executableTarget(
            name: "cosmolet-demo",
            dependencies: [
                "CosmoletTesting", "FRRManagement", "Kubernetes", "NetworkTypes", "Northbound", "NorthboundRPC",
                argumentParser, logging,
            ],
            swiftSettings: strict),

        .executableTarget(
            name: "cosmolet-bench",
            dependencies: [
                "CosmoletTesting", "FRRManagement", "Journal", "Kubernetes", "NetworkTypes", "Northbound",
                "NorthboundRPC", argumentParser, logging,
            ],
            swiftSettings: strict),

        .testTarget(name: "NetworkTypesTests", dependencies: ["NetworkTypes"], swiftSettings: strict),
        .testTarget(
            name: "NorthboundTests", dependencies: ["CosmoletTesting", "NetworkTypes", "Northbound"],
            swiftSettings: strict),
        .testTarget(
            name: "JournalTests",
            dependencies: ["CosmoletTesting", "Journal", "NetworkTypes", "Northbound", grdb, logging],
            swiftSettings: strict),
        .testTarget(
            name: "NorthboundRPCTests",
            dependencies: ["Bindings", "CosmoletTesting", "NetworkTypes", "Northbound", "NorthboundRPC", logging],
            exclude: ["ProtocolGolden"], swiftSettings: strict),
        .testTarget(
            name: "AnnouncementsTests", dependencies: ["Announcements", "NetworkTypes"], swiftSettings: strict),
        .testTarget(name: "BindingsTests", dependencies: ["Bindings"], swiftSettings: strict),
        .testTarget(
            name: "KubernetesTests", dependencies: ["Kubernetes", logging], swiftSettings: strict),
        .testTarget(
            name: "FRRManagementTests",
            dependencies: ["Bindings", "CosmoletTesting", "FRRManagement", "NetworkTypes", "Northbound", logging],
            resources: [.copy("Captures")], swiftSettings: strict),
        .testTarget(
            name: "ObservabilityTests", dependencies: ["Observability", logging, subprocess], swiftSettings: strict),
        .testTarget(
            name: "KubeSimTests",
            dependencies: ["CosmoletTesting", "KubeSim", hummingbird, lifecycle, logging, subprocess],
            swiftSettings: strict),
        .testTarget(
            name: "CosmoletAgentTests",
            dependencies: [
                "Announcements", "CosmoletAgent", "CosmoletTesting", "Journal", "KubeSim", "Kubernetes",
                "NetworkTypes", "Northbound", "NorthboundRPC", "Observability", "Yams", lifecycle, logging, subprocess,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FaultMatrixTests",
            dependencies: [
                "Bindings", "CosmoletTesting", "FRRManagement", "Journal", "NetworkTypes", "Northbound",
                "NorthboundRPC",
                logging,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "LabTests",
            dependencies: [
                "Bindings", "CosmoletTesting", "FRRManagement", "Journal", "KubeSim", "NetworkTypes", "Northbound",
                "NorthboundRPC", "cosmolet", logging, subprocess,
            ],
            exclude: ["Manifests"], swiftSettings: strict),
    ]
)

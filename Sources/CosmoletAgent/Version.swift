/// What this build is.
public enum CosmoletVersion {
    /// Semantic version of the release, the same as in CHANGELOG.md and the chart.
    public static let current = "0.1.0"

    /// Major and minor version of the compiler.
    public static let swift: String = {
        #if compiler(>=6.4)
        "6.4+"
        #elseif compiler(>=6.3)
        "6.3"
        #else
        "6.2"
        #endif
    }()
}

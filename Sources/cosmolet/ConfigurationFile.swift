internal import Foundation

/// The configuration file of a command: named by `--config`, else by the environment, as in the pods of the chart.
enum ConfigurationFile {
    /// The environment variable that names it.
    static let variable = "COSMOLET_CONFIG"

    /// What `--config` names, else what the environment does; nil for neither.
    static func path(_ flag: String?) -> String? {
        if let flag { return flag }
        let path = ProcessInfo.processInfo.environment[variable]
        return path == "" ? nil : path
    }
}

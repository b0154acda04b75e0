internal import ArgumentParser
internal import CosmoletAgent

/// Options of the commands that run until they are ended: configuration file and log.
struct ProcessOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Configuration file (YAML); default: $COSMOLET_CONFIG.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var logLevel: String?

    @Option(help: ArgumentHelp("text or json.", valueName: "format"))
    var logFormat: String?

    /// Path of the configuration file.
    var file: String? { ConfigurationFile.path(config) }

    /// What the file says, with the flags for the log.
    ///
    /// - Parameter defaults: of a northbound, where the file says nothing.
    func configuration(defaults: NorthboundSettings) throws(ConfigurationError) -> AgentConfiguration {
        var result = AgentConfiguration()
        result.northbound = defaults
        if let file { result = try AgentConfiguration(file: file, defaults: defaults) }
        try applyFlags(to: &result)
        return result
    }

    /// Puts the flags for the log into a configuration.
    func applyFlags(to configuration: inout AgentConfiguration) throws(ConfigurationError) {
        if let logLevel { try configuration.setLogLevel(logLevel) }
        if let logFormat { try configuration.setLogFormat(logFormat) }
    }
}

internal import Bindings

/// Where the configuration of a running agent comes from, so that it can be read again.
public struct ConfigurationSource: Sendable {
    /// The file.
    public let path: String
    /// What the text of the file, the environment and the flags come to.
    let resolve: @Sendable (String) throws(ConfigurationError) -> AgentConfiguration
    /// The file as it was before it was read first. Symbolic links are followed, so a link that changes its target, as the
    /// volume of a ConfigMap does, is another state.
    let stamp: FileStatus?

    /// Looks at the file; make this before the file is read for the first time.
    public init(path: String, resolve: @escaping @Sendable (String) throws(ConfigurationError) -> AgentConfiguration) {
        self.path = path
        self.resolve = resolve
        stamp = FileStatus(path: path)
    }

    /// Reads the file.
    ///
    /// - Throws: `ConfigurationError` of the file, of the environment or of a flag.
    public func load() throws(ConfigurationError) -> AgentConfiguration {
        try resolve(AgentConfiguration.text(ofFile: path))
    }
}

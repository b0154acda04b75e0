/// The FRR releases that a lab has, by their first two numbers. Tests of all of them say so, lest a lab that lost one be
/// green.
public enum LabRelease {
    /// In order: one of the protobuf dialect, one of the native one.
    public static let all = ["10.3", "10.7"]

    /// `10.7` of `10.7.1`.
    public static func of(_ version: String) -> String {
        version.split(separator: ".").prefix(2).joined(separator: ".")
    }
}

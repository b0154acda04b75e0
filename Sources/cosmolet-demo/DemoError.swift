/// Why the demo did not go on.
struct DemoError: Error, CustomStringConvertible {
    /// One line or more for people.
    let description: String

    init(_ description: String) { self.description = description }
}

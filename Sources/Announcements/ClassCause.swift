/// Why a VIP is announced with its class. The raw values are stable.
public enum ClassCause: String, Sendable, Hashable, CaseIterable, Codable {
    /// The Service has no annotation for it.
    case noAnnotation = "NoAnnotation"
    /// The annotation names it.
    case annotation = "Annotation"
    /// The annotation names a class that is not there for Services.
    case unknownClass = "UnknownClass"
    /// The outcome drains.
    case drain = "Drain"
    /// Another Service with the same VIP decides: it does not drain, or asks for a class with a lower tag.
    case sharedAddress = "SharedAddress"

    /// A few words for people.
    public var explanation: String {
        switch self {
        case .noAnnotation: "no annotation \(AnnotationKey.attributeClass)"
        case .annotation: "annotation \(AnnotationKey.attributeClass)"
        case .unknownClass: "annotation \(AnnotationKey.attributeClass) names a class that is not defined for Services"
        case .drain: "the VIP drains"
        case .sharedAddress: "another Service with this VIP decides"
        }
    }
}

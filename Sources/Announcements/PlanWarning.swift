/// Something that is odd, but does not decide: reported with the decision or the plan.
public enum PlanWarning: Sendable, Hashable {
    /// The annotation names a class that is not defined, or `manual`; the default class was taken.
    case unknownClass(service: ServiceID, name: String)
    /// An annotation has a value that is not allowed and was read as if it were absent.
    case invalidAnnotation(object: String, key: String, value: String, expected: String)
    /// An annotation has our prefix, but no such key exists for this kind of object.
    case unknownAnnotation(object: String, key: String, known: [String])
    /// Owners of the same VIP ask for different classes; the lowest tag was taken.
    case classConflict([String])
    /// The exclusion label is present with the value `false`, which excludes all the same.
    case exclusionLabelIsFalse

    /// The stable name of the warning's kind.
    public var code: String {
        switch self {
        case .unknownClass: "UnknownClass"
        case .invalidAnnotation: "InvalidAnnotation"
        case .unknownAnnotation: "UnknownAnnotation"
        case .classConflict: "ClassConflict"
        case .exclusionLabelIsFalse: "ExclusionLabelIsFalse"
        }
    }

    /// All kinds.
    public static let codes = [
        "UnknownClass", "InvalidAnnotation", "UnknownAnnotation", "ClassConflict", "ExclusionLabelIsFalse",
    ]

    /// One sentence for people.
    public var explanation: String {
        switch self {
        case .unknownClass(let service, let name):
            "Service \(service): annotation \(AnnotationKey.attributeClass) names the class \"\(name.prefix(100))\", "
                + "which is not defined for Services; the default class is used"
        case .invalidAnnotation(let object, let key, let value, let expected):
            "\(object): annotation \(key) has the value \"\(value.prefix(100))\" and is ignored; "
                + "\(expected) is expected"
        case .unknownAnnotation(let object, let key, let known):
            "\(object): annotation \(key.prefix(100)) is not known; known are \(known.joined(separator: ", "))"
        case .classConflict(let names):
            "Services ask for the classes \(names.joined(separator: ", ")) for this VIP; \(names[0]) is used"
        case .exclusionLabelIsFalse:
            "the exclusion label is present with the value false, which excludes the node all the same"
        }
    }
}

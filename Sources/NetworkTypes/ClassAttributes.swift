/// Where a route is said to come from (RFC 4271 section 5.1.1), best first.
public enum RouteOrigin: String, Sendable, Hashable, CaseIterable {
    /// Of this AS's own making.
    case igp
    /// Learned by EGP.
    case egp
    /// Redistributed.
    case incomplete
}

/// The BGP path attributes that an attribute class stands for. What is nil or empty is left as FRR has it.
public struct ClassAttributes: Sendable, Hashable {
    /// RFC 1997.
    public var communities: [Community] = []
    /// RFC 8092.
    public var largeCommunities: [LargeCommunity] = []
    /// LOCAL_PREF: more is better; iBGP only.
    public var localPreference: UInt32?
    /// MULTI_EXIT_DISC: less is better.
    public var med: UInt32?
    /// These AS numbers are put before the path, in this order.
    public var asPathPrepend: [UInt32] = []
    /// ORIGIN.
    public var origin: RouteOrigin?

    /// No attribute.
    public init() {}

    /// The attributes of the classes that everybody has: `drain` sets GRACEFUL_SHUTDOWN (RFC 8326).
    public static let standard: [AttributeClass: ClassAttributes] = {
        var drain = ClassAttributes()
        drain.communities = [.gracefulShutdown]
        return [.default: ClassAttributes(), .manual: ClassAttributes(), .drain: drain]
    }()

    /// Why nobody can have this AS number, or nil when somebody can.
    public static func reservation(ofAS number: UInt32) -> String? {
        switch number {
        case 0: "reserved (RFC 7607)"
        case 23456: "AS_TRANS (RFC 6793)"
        case 65535, UInt32.max: "reserved (RFC 7300)"
        default: nil
        }
    }
}

internal import Bindings

/// Sizes of the northbound protocol. A peer that exceeds one gets INVALID_ARGUMENT; `Protos/cosmolet_northbound.proto`
/// says the same numbers. All byte counts are of UTF-8.
public enum Limits {
    /// The first frame.
    public static let headerByteCount = 4096
    /// The second frame.
    public static let messageByteCount = 8 << 20
    /// Edits of one message. That many with the longest paths of the model still fit into a message.
    public static let editCount = 20_000
    /// Edits of a record: every network replaced by another one, as a rollback may have to.
    public static let recordEditCount = 40_000
    /// Causes of a transaction.
    public static let causeCount = 2048
    /// Size of a cause.
    public static let causeByteCount = 1024
    /// Names: client, request, transaction, candidate, service, method, versions, providers.
    public static let nameByteCount = 128
    /// A Kubernetes `namespace/name`.
    public static let serviceNameByteCount = 512
    /// A YANG path.
    public static let pathByteCount = 1024
    /// A value.
    public static let valueByteCount = 256
    /// Subtrees of one Get.
    public static let pathCount = 64
    /// Values in one part of a Get's reply; more come in further parts.
    public static let valueCount = 20_000
    /// Text of a failed call; longer text is cut.
    public static let statusMessageByteCount = 2048
    /// Text of a failed transaction; longer text is cut.
    public static let errorByteCount = 4096
    /// YANG modules that a service names.
    public static let moduleCount = 256
    /// BGP instances that a service names.
    public static let instanceCount = 64
    /// Lines `redistribute table-direct` of an instance that a service names.
    public static let redistributionCount = 32
    /// Name of a VRF.
    public static let vrfByteCount = 36
    /// Prefixes, and classes, of a policy.
    public static let policyEntryCount = 4096
    /// Records of a page.
    public static let pageRecordCount = 1000
    /// Where a page of records is cut, unless it is one record only, and a part of the reply of Get.
    public static let pageByteCount = 1 << 20
    /// Parts of a reply that a client puts together; more is no reply.
    public static let partCount = 256
    /// Fields of a later version in one message.
    public static let unknownFieldCount = 64
    /// Longest confirm timeout.
    public static let confirmTimeout = Duration.seconds(7 * 86_400)

    static let header = NorthboundMessageLimits(
        byteCount: headerByteCount, repeatedCount: 0, textByteCount: statusMessageByteCount,
        unknownFieldCount: unknownFieldCount)
    static let message = NorthboundMessageLimits(
        byteCount: messageByteCount, repeatedCount: recordEditCount, textByteCount: errorByteCount,
        unknownFieldCount: unknownFieldCount)
}

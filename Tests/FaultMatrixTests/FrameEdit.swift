import CosmoletTesting
import NetworkTypes

/// Damage to frames that leaves all lengths as they are.
enum FrameEdit {
    /// The frame with the first occurrence of a text behind a prefix replaced by one of the same length, so that no
    /// length around it changes.
    static func replacing(
        _ text: String, by other: String, after prefix: IPPrefix, in frame: RelayedFrame
    ) -> [UInt8]? {
        precondition(text.utf8.count == other.utf8.count)
        guard frame.direction == .toServer, let place = frame.bytes.firstRange(of: Array("\(prefix)".utf8)),
            let range = frame.bytes[place.upperBound...].firstRange(of: Array(text.utf8))
        else { return nil }
        var bytes = frame.bytes
        bytes.replaceSubrange(range, with: Array(other.utf8))
        return bytes
    }
}

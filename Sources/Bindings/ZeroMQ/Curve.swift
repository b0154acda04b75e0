internal import CZeroMQ

/// A long-term key pair of CurveZMQ (RFC 26), as Z85 text (RFC 32) of 40 characters per key.
///
/// The description shows the public key only.
public struct CurveKeyPair: Sendable, Hashable, CustomStringConvertible {
    /// What others are given.
    public let publicKey: String
    /// What nobody is given.
    public let secretKey: String

    /// Makes a pair out of its halves.
    ///
    /// - Throws: `invalidArgument` when a key is none, or when they are not of one pair.
    public init(publicKey: String, secretKey: String) throws(ZeroMQError) {
        guard Self.isKey(publicKey), Self.isKey(secretKey) else {
            throw ZeroMQError(code: .invalidArgument, message: "a key has 40 Z85 characters")
        }
        guard try Self.publicKey(of: secretKey) == publicKey else {
            throw ZeroMQError(
                code: .invalidArgument, message: "the secret key does not belong to public key \(publicKey)")
        }
        self.publicKey = publicKey
        self.secretKey = secretKey
    }

    private init(unchecked publicKey: String, _ secretKey: String) {
        self.publicKey = publicKey
        self.secretKey = secretKey
    }

    /// Makes a new pair out of the system's randomness.
    ///
    /// - Throws: `system` when libzmq was built without CURVE.
    public static func generate() throws(ZeroMQError) -> CurveKeyPair {
        var publicKey = [CChar](repeating: 0, count: 41)
        var secretKey = publicKey
        guard unsafe zmq_curve_keypair(&publicKey, &secretKey) == 0 else { throw .last("zmq_curve_keypair") }
        return CurveKeyPair(unchecked: text(publicKey), text(secretKey))
    }

    /// The public half of a secret key.
    ///
    /// - Throws: `invalidArgument` when the key is none, `system` when libzmq was built without CURVE.
    public static func publicKey(of secretKey: String) throws(ZeroMQError) -> String {
        guard isKey(secretKey) else {
            throw ZeroMQError(code: .invalidArgument, message: "a key has 40 Z85 characters")
        }
        var publicKey = [CChar](repeating: 0, count: 41)
        guard unsafe zmq_curve_public(&publicKey, secretKey) == 0 else { throw .last("zmq_curve_public") }
        return text(publicKey)
    }

    /// Whether a text is a key: 40 characters of Z85 that stand for 32 bytes.
    public static func isKey(_ text: String) -> Bool {
        guard text.utf8.count == 40, !text.utf8.contains(0) else { return false }
        var bytes = [UInt8](repeating: 0, count: 32)
        return unsafe zmq_z85_decode(&bytes, text) != nil
    }

    /// The public key.
    public var description: String { publicKey }

    /// Z85 of a key's 32 bytes; nil for another length.
    static func text(ofKey bytes: [UInt8]) -> String? {
        guard bytes.count == 32 else { return nil }
        var characters = [CChar](repeating: 0, count: 41)
        guard unsafe zmq_z85_encode(&characters, bytes, bytes.count) != nil else { return nil }
        return text(characters)
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

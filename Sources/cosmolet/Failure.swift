internal import ArgumentParser
internal import CosmoletAgent
internal import Foundation
internal import Northbound
internal import NorthboundRPC

/// Prints why a command failed, or what else to know, and leaves with the exit code that scripts can use.
enum Failure {
    /// Says something beside the answer, where no program reads it.
    static func note(_ message: String) {
        FileHandle.standardError.write(Data("cosmolet: note: \(message)\n".utf8))
    }

    static func exit(_ message: String, hint: String? = nil, code: ExitCode) -> ExitCode {
        var text = "cosmolet: \(message)\n"
        if let hint { text += "  \(hint)\n" }
        FileHandle.standardError.write(Data(text.utf8))
        return code
    }

    static func exit(_ error: ManagementError) -> ExitCode {
        switch error.code {
        case .unreachable, .unresponsive, .disconnected:
            exit(
                error.message, hint: "Is FRR running, and may this user open the socket (root or frr)?",
                code: .unavailable)
        case .locked:
            exit(error.message, hint: "Somebody is configuring FRR; try again.", code: .temporary)
        case .deadlineExceeded:
            exit(error.message, hint: "FRR does not answer; look at mgmtd, staticd and zebra.", code: .temporary)
        default:
            exit(error.message, code: .failure)
        }
    }

    /// Why a long-running command did not start, or could not go on.
    static func exit(start error: any Error) -> ExitCode {
        switch error {
        case let error as ConfigurationError: exit(error)
        case let error as StartFailure: exit(error.message, hint: error.hint, code: .failure)
        case let error as TransportError:
            exit(
                error.message, hint: Self.hint(error.code),
                code: error.code == .invalidConfiguration || error.code == .insecure ? .configuration : .failure)
        default: exit("\(error)", code: .failure)
        }
    }

    private static func hint(_ code: TransportError.Code) -> String? {
        switch code {
        case .addressInUse:
            "Another process serves there; end it, or choose another endpoint with --listen or --publish."
        case .forbidden: "Run as a user who may write there, or choose another endpoint with --listen or --publish."
        default: nil
        }
    }

    static func exit(_ error: OperatorError, refused: ExitCode = .failure) -> ExitCode {
        let code: ExitCode =
            switch error.code {
            case .unreachable: .unavailable
            case .refused: refused
            case .configuration: .configuration
            }
        return exit(error.description, hint: error.hint, code: code)
    }

    static func exit(_ error: ConfigurationError, file: String? = nil) -> ExitCode {
        exit((file.map { "\($0): " } ?? "") + error.description, code: .configuration)
    }
}

extension ExitCode {
    /// Of a command whose 0 and 1 are answers: there is none.
    static let noAnswer = ExitCode(2)
    /// `EX_UNAVAILABLE` of sysexits.
    static let unavailable = ExitCode(69)
    /// `EX_TEMPFAIL`.
    static let temporary = ExitCode(75)
    /// `EX_CONFIG`.
    static let configuration = ExitCode(78)
}

// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference

/// What a person sees: colour only where it is shown as colour, progress beside the output rather than in it.
struct Terminal {
    enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    let descriptor: CInt
    private let hasColour: Bool

    static let output = Terminal(STDOUT_FILENO)
    static let error = Terminal(STDERR_FILENO)

    /// `NO_COLOR`, if it is not empty, turns colour off: https://no-color.org
    init(_ descriptor: CInt, environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.descriptor = descriptor
        let isRefused = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
        hasColour = !isRefused && isatty(descriptor) == 1
    }

    func styled(_ text: String, _ style: Style) -> String {
        hasColour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// On standard error without the keys that are in `text`: what is said there may repeat what was typed in the wrong
    /// place. Output is printed as it is.
    func line(_ text: String) { wholeLine(descriptor == STDERR_FILENO ? SecretText.concealed(text) : text) }

    /// Prints `text` as it is wherever that goes: for the one key that was just made.
    func wholeLine(_ text: String) {
        FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).write(Data((text + "\n").utf8))
    }

    /// What is being done now, on standard error, so that output can be piped.
    static func progress(_ text: String) {
        error.line(error.styled("==> ", .bold) + text)
    }

    /// Whether somebody is there to see what changes.
    var isInteractive: Bool { isatty(descriptor) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb" }

    /// Puts `text` in the place of the line that this wrote before.
    func sameLine(_ text: String) {
        FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).write(Data("\r\u{1B}[2K\(text)".utf8))
    }

    /// Why `command` did not do what it was asked to.
    static func failure(of command: String, _ message: String) {
        error.line(error.styled("\(command): ", .red) + message)
    }
}

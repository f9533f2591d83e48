// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference
import Testing

@testable import Access

@Suite("Programs that print secrets") struct SecretCommandTests {
    private static let canary = "CANARY7f3a"

    private func output(_ script: String, seconds: Double = 5) throws(ServingError) -> [UInt8] {
        // Parted by spaces as an operator would write it: the script goes into a file.
        let file = FileManager.default.temporaryDirectory.appending(path: "secret-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try? Data(script.utf8).write(to: file)
        let command = try SecretCommand("exec:/bin/sh \(file.path) \(Self.canary)", setting: "--flag", seconds: seconds)
        return try command?.output() ?? []
    }

    private func failure(_ script: String, seconds: Double = 5) -> String? {
        do throws(ServingError) {
            _ = try output(script, seconds: seconds)
            return nil
        } catch {
            #expect(!"\(error)".contains(Self.canary))
            return error.message
        }
    }

    @Test("are asked for all that they print")
    func succeeds() throws {
        #expect(try output("printf a; printf 'b\\n'") == Array("ab\n".utf8))
        #expect(try output("printf %s \"$1\"") == Array(Self.canary.utf8))
        #expect(try output("head -c 65536 /dev/zero").count == SecretCommand.outputLimit)
    }

    @Test(
        "may not fail, go on for ever or print without end",
        arguments: [
            ("echo \(canary); exit 3", "--flag: /bin/sh ended with status 3"),
            ("echo \(canary) >&2; exit 1", "--flag: /bin/sh ended with status 1"),
            ("kill -15 $$", "--flag: /bin/sh was ended by signal 15"), ("true", "--flag: /bin/sh printed nothing"),
            ("head -c 65537 /dev/zero", "--flag: /bin/sh printed more than 65536 bytes and was ended"),
            ("exec cat /dev/zero", "--flag: /bin/sh printed more than 65536 bytes and was ended"),
        ]
    )
    func fails(script: String, message: String) {
        #expect(failure(script) == message)
    }

    @Test(
        "are ended with all that they started when they take too long",
        arguments: [
            "sleep 30", "exec >&-; sleep 30", "sleep 30 & echo a", "trap '' TERM; while :; do echo; sleep 1; done",
        ]
    )
    func hangs(script: String) {
        let began = Date()
        #expect(failure(script, seconds: 0.4) == "--flag: /bin/sh took longer than 0.4 s and was ended")
        #expect(Date().timeIntervalSince(began) < 5)
    }

    @Test("see nothing of the server: neither its environment, nor its input, nor its files")
    func isAlone() throws {
        setenv("BUCKLER_TEST_SECRET", Self.canary, 1)
        defer { unsetenv("BUCKLER_TEST_SECRET") }
        let open = open("/dev/null", O_RDONLY)  // without O_CLOEXEC
        defer { close(open) }
        let seen = String(decoding: try output("env; cat; ls /proc/self/fd"), as: UTF8.self)
        #expect(!seen.contains(Self.canary) && seen.contains("PATH=/usr/local/bin:/usr/bin:/bin"))
        let names = Set(seen.split(separator: "\n").compactMap { $0.split(separator: "=").first })
        #expect(names.subtracting(["PATH", "HOME", "PWD", "OLDPWD", "SHLVL", "_", "0", "1", "2", "3"]) == [])
    }

    @Test(
        "are named by an absolute path, with few arguments",
        arguments: ["exec:", "exec:  ", "exec:sh", "exec:./sh", "exec:../bin/sh \(canary)", "exec:~/give"]
    )
    func relative(value: String) {
        #expect(
            throws: ServingError(
                .invalidArgument,
                "--flag: exec: needs the absolute path of a program: exec:/path/to/program"
            )
        ) {
            _ = try SecretCommand(value, setting: "--flag")
        }
    }

    @Test("are bounded in what they are given")
    func bounds() throws {
        func command(arguments: Int) throws -> SecretCommand? {
            try SecretCommand("exec:/a" + String(repeating: " b", count: arguments), setting: "--flag")
        }
        #expect(try command(arguments: SecretCommand.argumentLimit)?.name == "exec:/a")
        #expect(throws: ServingError.self) { try command(arguments: SecretCommand.argumentLimit + 1) }
        func command(bytes: Int) throws -> SecretCommand? {
            try SecretCommand("exec:/" + String(repeating: "a", count: bytes - 6), setting: "--flag")
        }
        #expect(try command(bytes: SecretCommand.textLimit) != nil)
        #expect(throws: ServingError.self) { try command(bytes: SecretCommand.textLimit + 1) }
        #expect(throws: ServingError.self) { try SecretCommand("exec:/a\0b", setting: "--flag") }
        #expect(try SecretCommand("/etc/keys", setting: "--flag") == nil)
    }

    @Test("that are not there are named")
    func missing() throws {
        let command = try #require(try SecretCommand("exec:/no/such \(Self.canary)", setting: "--flag"))
        #expect(
            throws: ServingError(.unavailable, "--flag: /no/such cannot be started: No such file or directory")
        ) {
            _ = try command.output()
        }
    }
}

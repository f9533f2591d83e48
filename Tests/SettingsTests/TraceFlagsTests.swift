// SPDX-License-Identifier: Apache-2.0
import Inference
import Telemetry
import Testing

@testable import Settings

@Suite("Flags of traces and shared memory") struct TraceFlagsTests {
    private func settings(_ arguments: String...) throws -> ServerSettings {
        let request = try ServerSettings.resolve(
            arguments: ["--model-repository=m"] + arguments,
            environment: [:],
            readFile: { _, _ in "" }
        )
        guard case .serve(let settings) = request else { throw SettingsError("not a server") }
        return settings
    }

    @Test("say what is traced and where")
    func trace() throws {
        let trace = try settings(
            "--trace-config=triton,file=/tmp/t.json",
            "--trace-config=level=TIMESTAMPS",
            "--trace-config",
            "level=tensors",
            "--trace-config=rate=7",
            "--trace-config=count=3",
            "--trace-config=triton,log-frequency=2",
            "--trace-config=mode=triton",
            "--trace-rate=9"
        ).trace.configuration()
        #expect(trace.file == "/tmp/t.json")
        #expect(trace.values.level == [.timestamps, .tensors])
        #expect(trace.values.rate == 7 && trace.values.count == 3 && trace.values.logFrequency == 2)
    }

    @Test("of old say the same")
    func deprecated() throws {
        let trace = try settings(
            "--trace-file=t",
            "--trace-level=MAX",
            "--trace-rate=9",
            "--trace-count=4",
            "--trace-log-frequency=5"
        ).trace.configuration()
        #expect(trace.file == "t" && trace.values.level == .timestamps)
        #expect(trace.values.rate == 9 && trace.values.count == 4 && trace.values.logFrequency == 5)
        #expect(try settings("--trace-level=MAX", "--trace-config=level=OFF").trace.configuration().values.level == [])
    }

    @Test(
        "are refused where they make no sense",
        arguments: [
            "--trace-config=mode=opentelemetry", "--trace-config=mode=x", "--trace-config=level=x",
            "--trace-config=rate=-1", "--trace-config=rate=0", "--trace-rate=0", "--trace-config=rate=4294967296",
            "--trace-config=count=-2",
            "--trace-config=triton,log-frequency=x", "--trace-config=colour=red", "--trace-config=triton,rate=1",
            "--client-shm-owner-uids=1,x", "--client-shm-owner-uids=1,", "--client-shm-owner-uids=-1",
            "--client-shm-owner-uids=4294967296", "--max-client-shm-regions=0",
        ]
    )
    func refused(_ argument: String) {
        #expect(throws: SettingsError.self) { try settings(argument) }
    }

    @Test(
        "name a file that can be written, or the reason why not",
        arguments: [
            ("--trace-config=level=OFF", nil),
            (
                "--trace-config=triton,file=/nonexistent/x",
                "--trace-config triton,file=/nonexistent/x cannot be written: No such file or directory"
            ),
            ("--trace-file=/nonexistent/x", "--trace-file=/nonexistent/x cannot be written: No such file or directory"),
            ("--trace-config=triton,file=/", "--trace-config triton,file=/ cannot be written: Is a directory"),
            (
                "--trace-config=triton,file=/proc/self/exe",
                "--trace-config triton,file=/proc/self/exe cannot be written: it is a link, and links are not followed"
            ),
            (
                "--trace-config=triton,file=/etc/passwd/x",
                "--trace-config triton,file=/etc/passwd/x cannot be written: Not a directory"
            ),
            ("--trace-config=triton,file=/tmp/no-such-trace.json", nil), ("--trace-config=triton,file=/dev/null", nil),
        ] as [(String, String?)]
    )
    func file(argument: String, message: String?) throws {
        let trace = try settings(argument).trace
        guard let message else { return try trace.checkFile() }
        #expect(throws: SettingsError(message)) { try trace.checkFile() }
    }

    @Test("that change nothing say so")
    func notices() throws {
        #expect(try settings().notices.isEmpty)
        #expect(try settings("--trace-config=level=TIMESTAMPS").notices.count == 1)
        #expect(try settings("--trace-config=opentelemetry,url=http://h").notices.count == 1)
        #expect(try settings("--allow-client-shm=true").notices.count == 1)
    }

    @Test("say whose memory may be shared")
    func owners() throws {
        #expect(try settings().sharedMemory.isAllowed == false)
        #expect(try settings("--profile=triton").sharedMemory.isAllowed == false)
        #expect(try settings("--allow-client-shm").sharedMemory.owners == [])
        #expect(try settings("--client-shm-owner-uids=0,1000,4294967295").sharedMemory.owners == [0, 1000, .max])
    }
}

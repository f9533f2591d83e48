// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Settings

@Suite("Settings of --backend-config and --metrics-config") struct SettingRulesTests {
    @Test(
        "are refused by flag, key and value",
        arguments: [
            (
                "--backend-config=onnxruntime,enable-global-threadpool=1",
                "--backend-config onnxruntime,enable-global-threadpool=1 is refused: threads shared by all models are "
                    + "not supported here; intra_op_thread_count bounds those of each model"
            ),
            (
                "--backend-config=onnxruntime,enable-global-threadpool=maybe",
                "--backend-config onnxruntime,enable-global-threadpool must be true, on, 1, false, off or 0; got 'maybe'"
            ),
            (
                "--backend-config=onnxruntime,intra_op_thread_counts=1",
                "--backend-config onnxruntime has no setting 'intra_op_thread_counts'; did you mean intra_op_thread_count?"
            ),
            ("--backend-config=zzzzzzzz=1", "--backend-config has no setting 'zzzzzzzz'"),
            ("--backend-config=identity,a=1", "--backend-config identity has no setting 'a'"),
            (
                "--backend-config=repeat,default-max-batch-sizes=1",
                "--backend-config repeat has no setting 'default-max-batch-sizes'; did you mean default-max-batch-size?"
            ),
            (
                "--backend-config=default-max-batch-size=x",
                "--backend-config default-max-batch-size must be an integer of at least 0; got 'x'"
            ),
            (
                "--backend-config=onnxruntime,default-max-batch-size=-1",
                "--backend-config onnxruntime,default-max-batch-size must be an integer of at least 0; got '-1'"
            ),
            (
                "--backend-config=default-max-batch-size=2147483648",
                "--backend-config default-max-batch-size must be an integer of at least 0; got '2147483648'"
            ),
            (
                "--backend-config=onnxruntime,inter_op_thread_count=1025",
                "--backend-config onnxruntime,inter_op_thread_count must be an integer from 0 to 1024; got '1025'"
            ),
            (
                "--backend-config=onnxruntime,execution_mode=2",
                "--backend-config onnxruntime,execution_mode must be one of 0, 1, true, false; got '2'"
            ),
            (
                "--backend-config=onnxruntime,memory.enable_memory_arena_shrinkage=foo",
                "--backend-config onnxruntime,memory.enable_memory_arena_shrinkage must be one of cpu:0; got 'foo'"
            ),
            (
                "--metrics-config=counter_latencies=x",
                "--metrics-config counter_latencies must be true, on, 1, false, off or 0; got 'x'"
            ),
            (
                "--metrics-config=counter_latency=false",
                "--metrics-config has no setting 'counter_latency'; did you mean counter_latencies?"
            ),
            (
                "--metrics-config=summary_quantiles=0.5:0.05,2:0.1",
                "--metrics-config summary_quantiles must be pairs <quantile>:<error> with commas between them; "
                    + "got '0.5:0.05,2:0.1'"
            ),
        ]
    )
    func refused(argument: String, message: String) {
        #expect(throws: SettingsError(message)) { try CommandLineParser.parse([argument]) }
    }

    @Test(
        "are taken, with a word where they change nothing",
        arguments: [
            ("--backend-config=default-max-batch-size=0", nil),
            ("--backend-config=onnxruntime,default-max-batch-size=2147483647", nil),
            ("--backend-config=onnxruntime,enable-global-threadpool=0", nil),
            ("--backend-config=onnxruntime,intra_op_thread_count=1024", nil),
            ("--backend-config=onnxruntime,memory.enable_memory_arena_shrinkage=cpu:0", nil),
            (
                "--backend-config=identity,default-max-batch-size=8",
                "--backend-config identity,default-max-batch-size changes nothing: the backend has no settings"
            ),
            (
                "--backend-config=python,shm-default-byte-size=1",
                "--backend-config python,shm-default-byte-size changes nothing: memory is shared in another way here"
            ),
            ("--backend-config=python,interpreter=/usr/bin/python3", nil),
            (
                "--backend-config=tensorflow,anything=1",
                "--backend-config tensorflow,… changes nothing: there is no such backend here"
            ),
            (
                "--backend-config=onnxruntim,default-max-batch-size=x",
                "--backend-config onnxruntim,… changes nothing: there is no such backend here; did you mean onnxruntime?"
            ),
            ("--metrics-config=counter_latencies=off", nil),
            (
                "--metrics-config=summary_quantiles=0.5:0.05,0.9:0.01",
                "--metrics-config summary_quantiles changes nothing: only counter_latencies does"
            ),
        ] as [(String, String?)]
    )
    func taken(argument: String, notice: String?) throws {
        #expect(try CommandLineParser.parse([argument]).map(\.notice) == [notice])
    }

    @Test(
        "Addresses are addresses",
        arguments: [
            ("127.0.0.1", true), ("0.0.0.0", true), ("::1", true), ("::", true), ("fe80::1%eth0", true),
            ("localhost", true), ("model-server.example.", true), ("a_b", true), ("foo bar", false), ("", false),
            ("300.1.1.1", false), ("1.2.3", false), ("[::1]", false), ("127.0.0.1:8000", false), ("a..b", false),
            ("-a", false), ("http://h", false), ("h\0", false), (String(repeating: "a", count: 63), true),
            (String(repeating: "a", count: 64), false), (":::", false),
        ]
    )
    func addresses(text: String, isOne: Bool) {
        for flag in ["http-address", "grpc-address", "metrics-address"] {
            let found = Result { try CommandLineParser.parse(["--\(flag)=\(text)"]) }
            switch found {
            case .success: #expect(isOne)
            case .failure(let error):
                #expect(!isOne && "\(error)".hasPrefix("--\(flag) must be an IP address or a host name; got '"))
            }
        }
    }

    @Test func theLibraryIsNamedByAnAbsolutePath() throws {
        #expect(throws: SettingsError("--engine-library must be an absolute path; got 'foo'")) {
            try CommandLineParser.parse(["--engine-library=foo"])
        }
        _ = try CommandLineParser.parse(["--engine-library=/foo"])
    }
}

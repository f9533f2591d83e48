// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Pickles")
struct InspectPickleTests {
    @Test(
        "Every way to import and call is followed",
        arguments: [
            Pickled.call("os", "system", "id"),
            Pickled.oldCall("os", "system", "id"),
            // INST: a mark, the arguments, then both at once.
            Array("(S'id'\nios\nsystem\n.".utf8),
            // OBJ.
            Array("(cos\nsystem\nS'id'\no.".utf8),
            // The names come from the memo, which was filled the other way round.
            [0x80, 4] + Pickled.text("system") + [0x94] + Pickled.text("os") + [0x94, 0x68, 1, 0x68, 0, 0x93]
                + Pickled.text("id") + [0x85, 0x52, 0x2E],
            // Names in escapes of protocol 0.
            Array("S'\\x6fs'\nS'\\163ystem'\n".utf8) + [0x93] + Array("(S'id'\ntR.".utf8),
            Array("V\\u006fs\nVsystem\n".utf8) + [0x93] + Array("(S'id'\ntR.".utf8),
            // Something harmless before it, popped again.
            [0x80, 2] + Array("ccollections\nOrderedDict\n0".utf8) + Array("cos\nsystem\n(S'id'\ntR.".utf8),
            // An import that cannot be, once the harm is done.
            Array("cos\nsystem\n(S'id'\ntR0c".utf8) + [0xFF, 0x0A] + Array("x\n.".utf8),
            // An instruction that does not exist, once the harm is done.
            Array("cos\nsystem\n(S'id'\ntR".utf8) + [0xFF, 0xFF],
        ]
    )
    func calls(_ bytes: [UInt8]) throws {
        let inspection = inspect(bytes, "model.onnx")
        #expect(inspection.format == .pickle)
        let program = try #require(inspection.pickles.first)
        #expect(program.imports.contains { $0.title == "os.system" && $0.danger == "runs commands" })
        #expect(program.calls.contains { $0.text == "os.system('id')" })
        #expect(inspection.says("would import os.system and call os.system("))
        #expect(inspection.has(.pickle))
    }

    @Test(
        "Names that scanners' lists lacked are refused like any other",
        arguments: [
            ("pip", "main"), ("torch.utils.collect_env", "run"), ("pty", "spawn"), ("_posixsubprocess", "fork_exec"),
            ("uuid", "_get_command_stdout"),
            ("imaplib", "IMAP4_stream"), ("_pyrepl.pager", "pipe_pager"), ("_osx_support", "_read_output"),
            ("_interpreters", "run_string"),
            ("multiprocessing.util", "spawnv_passfds"), ("mlflow.projects.backend.local", "_run_entry_point"),
            ("marshal", "loads"),
            ("types", "FunctionType"), ("asyncio.unix_events", "_UnixSubprocessTransport"), ("nobody.knows", "this"),
            ("builtins", "map"),
        ]
    )
    func lists(module: String, name: String) {
        #expect(inspect(Pickled.call(module, name, "x")).has(.pickle))
    }

    @Test("A pickle behind another is seen")
    func several() {
        let inspection = inspect([0x80, 4, 0x4E, 0x2E] + Pickled.call("os", "system", "id"), "a.pkl")
        #expect(inspection.pickles.count == 2)
        #expect(inspection.says("os.system"))
    }

    @Test("What follows a pickle is told")
    func trailing() {
        #expect(inspect(Pickled.call("a", "b", "c") + [0xFF, 1, 2]).says("3 bytes behind it"))
    }

    @Test("PyTorch's old format is known, and an altered magic number hides nothing")
    func torchLegacy() {
        let magic: [UInt8] = [0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
        let version: [UInt8] = [0x80, 2, 0x4D, 0xE9, 3, 0x2E]
        let good = inspect(magic + version + Pickled.call("torch", "Tensor", "x") + [0, 1, 2, 3], "model.pt")
        #expect(good.format == .torchLegacy)
        #expect(good.has(.pickle))
        let bad = inspect(Pickled.call("builtins", "exec", "1") + version + [0, 1, 2, 3], "model.pt")
        #expect(bad.says("builtins.exec"))
    }

    @Test("joblib's arrays within the pickle do not hide it")
    func joblib() {
        let head =
            [0x80, 4] + Pickled.text("joblib.numpy_pickle") + Pickled.text("NumpyArrayWrapper") + [0x93, 0x29, 0x81]
        let inspection = inspect(head + Pickled.text("x") + [0x30] + [0xFF, 0xFE, 0xFD], "model.joblib")
        #expect(inspection.format == .joblib)
        #expect(inspection.has(.pickle))
    }

    @Test(
        "Data alone is a pickle too, and text is none",
        arguments: [
            ("a.pkl", Array("(lp0\nI1\na.".utf8), true), ("a", Array("(dp0\nS'a'\nI1\ns.".utf8), true),
            ("labels.txt", Array("cat\ndog\nbird\n".utf8), false),
            ("labels.txt", Array("corn\nrice\nRye\n".utf8), false),
            ("notes.txt", Array("I think.\n(see below)\n".utf8), false), ("numbers.txt", Array("1\n2\n".utf8), false),
        ] as [(String, [UInt8], Bool)]
    )
    func plain(name: String, bytes: [UInt8], isPickle: Bool) {
        #expect(inspect(bytes, name).has(.pickle) == isPickle, "\(name)")
    }

    @Test("A long string is passed over, not read")
    func skipping() {
        let source = SparseBytes(
            head: [0x80, 4, 0x8E] + ZipWriter.little(10 << 30, 8),
            count: 11 + (10 << 30),
            tail: [0x30, 0x4E, 0x2E]
        )
        let inspection = ModelFileInspector.inspect(source, name: "a.pkl")
        #expect(inspection.pickles.first?.isComplete == true)
        #expect(source.bytesRead < 8 << 20)
    }

    @Test(
        "A pickle of endless nesting, marks or memo ends in an error and no crash",
        arguments: [
            [0x80, 2, 0x29] + [UInt8](repeating: 0x85, count: 140_000) + [0x2E],
            [0x80, 2, 0x4E] + [UInt8](repeating: 0x28, count: 140_000) + [0x2E],
            [0x80, 4, 0x4E] + [UInt8](repeating: 0x94, count: 1_060_000) + [0x2E],
            [0x80, 2, 0x5D] + [UInt8](repeating: 0x32, count: 140_000) + [0x2E],
        ] as [[UInt8]]
    )
    func bounds(_ bytes: [UInt8]) {
        #expect(inspect(bytes, "a.pkl").has(.pickle))
    }

    @Test("More instructions than allowed are a fault that is told, one fewer is none")
    func operationLimit() {
        var limits = InspectionLimits()
        let bytes: [UInt8] = [0x80, 2, 0x4E, 0x30, 0x4E, 0x2E]
        limits.pickleOperations = 5
        #expect(inspect(bytes, "a.pkl", limits).pickles.first?.fault == nil)
        limits.pickleOperations = 4
        #expect(inspect(bytes, "a.pkl", limits).pickles.first?.fault != nil)
    }

    @Test("The text lists each instruction and what it comes to")
    func text() {
        let text = InspectionText(inspect(Pickled.call("os", "system", "id"), "a.pkl")).text()
        #expect(text.contains("0: PROTO 4"))
        #expect(text.contains("STACK_GLOBAL  # imports os.system, which runs commands"))
        #expect(text.contains("REDUCE  # calls os.system('id')"))
        #expect(text.contains("Loaded, it would import os.system and call os.system('id')."))
    }
}

/// A file of mostly nothing, which counts what is read of it.
final class SparseBytes: ByteSource, @unchecked Sendable {
    let head: [UInt8]
    let tail: [UInt8]
    let count: Int
    // SAFETY: one test reads it, on one thread.
    private(set) var bytesRead = 0

    init(head: [UInt8], count: Int, tail: [UInt8] = []) {
        self.head = head
        self.tail = tail
        self.count = count + tail.count
    }

    func read(at offset: Int, count wanted: Int) throws(Unreadable) -> [UInt8] {
        guard offset < count, wanted > 0 else { return [] }
        let length = min(wanted, count - offset)
        bytesRead += length
        return (offset..<(offset + length)).map { index in
            if index < head.count { return head[index] }
            return index >= count - tail.count ? tail[index - (count - tail.count)] : 0
        }
    }
}

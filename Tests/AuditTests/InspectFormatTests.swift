// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Other formats of model files")
struct InspectFormatTests {
    @Test(
        "Formats are told by content",
        arguments: [
            ([0x7F, 0x45, 0x4C, 0x46, 2], FileFormat.elf, .nativeCode),
            ([0xCF, 0xFA, 0xED, 0xFE], .machO, .nativeCode),
            ([0x4D, 0x5A] + [UInt8](repeating: 0, count: 62), .pe, .nativeCode),
            (Array("!<arch>\n".utf8), .arArchive, .nativeCode),
            ([0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, 61], .javaClass, .nativeCode),
            ([0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, 2], .machO, .nativeCode),
            ([0, 0x61, 0x73, 0x6D, 1, 0, 0, 0], .webAssembly, .nativeCode),
            (Array("#!/bin/sh\n".utf8), .script, .script),
            ([0xA7, 0x0D, 0x0D, 0x0A] + [UInt8](repeating: 0, count: 12) + [0xE3, 0, 0, 0], .pythonBytecode, .script),
            ([0x28, 0xB5, 0x2F, 0xFD, 0], .zstd, .opaque),
            ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], .sevenZip, .opaque),
            (Array("Rar!\u{1A}\u{7}".utf8), .rar, .opaque), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], .xz, .opaque),
            (Array("BZh9".utf8) + [0x31, 0x41, 0x59, 0x26, 0x53, 0x59], .bzip2, .opaque),
            (Array("ftrt".utf8) + [0, 0], .tensorRTPlan, .unverifiable),
            ([0xFE, 0xFF, 0x00], .unknown, .unknownContent),
        ] as [([UInt8], FileFormat, InspectionProblem.Kind)]
    )
    func signatures(bytes: [UInt8], format: FileFormat, kind: InspectionProblem.Kind) {
        let inspection = inspect(bytes)
        #expect(inspection.format == format)
        #expect(inspection.has(kind))
    }

    @Test(
        "An array with another header than NumPy's own is malformed",
        arguments: [
            "", "{}", "{'descr': '<f4', 'fortran_order': False}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
            "{'descr': '<f4', 'fortran_order': __import__('os'), 'shape': (1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}",
            "{'descr': '<q9', 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (9,)}",
            "{'descr': '<f99999999999999999999', 'fortran_order': False, 'shape': (1,)}",
        ]
    )
    func badArrays(_ header: String) {
        #expect(inspect(NumPy.array(header, [0, 0, 0, 0]), "a.npy").has(.malformed))
    }

    @Test(
        "Arrays of objects are refused, however the type is nested",
        arguments: [
            "'|O'", "'O'", "[('a', '<f4'), ('b', '|O')]", "[('a', [('b', '|O8')])]", "[('a', 'O', (2,))]",
        ]
    )
    func objects(_ type: String) {
        let header = "{'descr': \(type), 'fortran_order': False, 'shape': (1,), }"
        let inspection = inspect(NumPy.array(header, Pickled.call("os", "system", "id")), "a.npy")
        #expect(inspection.has(.objectArray))
        #expect(inspection.says("os.system"))
    }

    @Test("Structures, and a pickle behind the array")
    func arrays() {
        let header = "{'descr': [('a', '<f4', (2,)), ('b', '|S3')], 'fortran_order': False, 'shape': (2,), }"
        #expect(inspect(NumPy.array(header, [UInt8](repeating: 0, count: 22)), "a.npy").problems.isEmpty)
        let both = inspect(NumPy.floats(1) + Pickled.call("os", "system", "id"), "a.npy")
        #expect(both.has(.polyglot))
        #expect(both.has(.pickle))
    }

    private func safetensors(_ header: String, _ count: Int, length: Int? = nil) -> Inspection {
        let bytes =
            ZipWriter.little(length ?? header.utf8.count, 8) + Array(header.utf8) + [UInt8](repeating: 0, count: count)
        return inspect(bytes, "model.safetensors")
    }

    @Test("Tensors of safetensors fill the file, once")
    func safetensors() {
        func tensor(_ type: String, _ shape: String, _ start: Int, _ end: Int, name: String = "w") -> String {
            #""\#(name)":{"dtype":"\#(type)","shape":[\#(shape)],"data_offsets":[\#(start),\#(end)]}"#
        }
        let scalar = tensor("U8", "", 8, 9, name: "v")
        #expect(
            safetensors("{\"__metadata__\":{\"a\":\"b\"},\(tensor("F32", "2", 0, 8)),\(scalar)}", 9).problems.isEmpty
        )
        for (header, count) in [
            ("{\(tensor("F32", "2", 0, 8))}", 9), ("{\(tensor("F32", "2", 0, 8))}", 7),
            ("{\(tensor("F32", "2", 1, 9))}", 9),
            ("{\(tensor("F32", "2", 8, 0))}", 8), ("{\(tensor("F32", "3", 0, 8))}", 8),
            ("{\(tensor("X", "2", 0, 8))}", 8),
            ("{\(tensor("U8", "1", 0, 1)),\(tensor("U8", "1", 0, 1))}", 1),
            ("{\(tensor("U8", "2", 0, 2)),\(tensor("U8", "2", 1, 3, name: "v"))}", 3),
            ("{\(tensor("U8", "9223372036854775807,3", 0, 1))}", 1), ("{\(tensor("U8", "1.5", 0, 1))}", 1),
            (#"{"__metadata__":{"a":1}}"#, 0), ("{} x", 0),
        ] { #expect(safetensors(header, count).has(.malformed), "\(header)") }
        #expect(safetensors("{}", 0, length: 1 << 40).has(.malformed))
    }

    private func gguf(tensors: Int = 0, keys: [[UInt8]] = [], tail: [UInt8] = []) -> [UInt8] {
        Array("GGUF".utf8) + [3, 0, 0, 0] + ZipWriter.little(tensors, 8) + ZipWriter.little(keys.count, 8)
            + keys.flatMap { $0 } + tail
    }

    private func string(_ text: String) -> [UInt8] { ZipWriter.little(text.utf8.count, 8) + Array(text.utf8) }

    @Test("GGUF: keys, templates and tensors within bounds")
    func ggufs() {
        let name = string("general.name") + [8, 0, 0, 0] + string("m")
        #expect(inspect(gguf(keys: [name]), "m.gguf").problems.isEmpty)
        #expect(inspect(gguf(keys: [name, name]), "m.gguf").has(.malformed))
        let template = string("tokenizer.chat_template") + [8, 0, 0, 0]
        #expect(inspect(gguf(keys: [template + string("{{ messages }}")]), "m.gguf").kinds == [.template])
        #expect(inspect(gguf(keys: [template + string("{{ x.__class__ }}")]), "m.gguf").has(.templateCode))
        #expect(inspect(gguf(tensors: 1 << 60), "m.gguf").has(.malformed))
        let array = string("a") + [9, 0, 0, 0, 4, 0, 0, 0] + [UInt8](repeating: 0xFF, count: 8)
        #expect(inspect(gguf(keys: [array]), "m.gguf").has(.malformed))
        func tensor(_ dimensions: [Int]) -> [UInt8] {
            let head =
                string("w") + ZipWriter.little(dimensions.count, 4) + dimensions.flatMap { ZipWriter.little($0, 8) } + [
                    0, 0, 0, 0,
                ] + ZipWriter.little(0, 8)
            return head + [UInt8](repeating: 0, count: (32 - (24 + head.count) % 32) % 32)
        }
        #expect(
            inspect(gguf(tensors: 1, tail: tensor([2]) + [UInt8](repeating: 0, count: 8)), "m.gguf").problems.isEmpty
        )
        #expect(
            inspect(gguf(tensors: 1, tail: tensor([90]) + [UInt8](repeating: 0, count: 8)), "m.gguf").has(.malformed)
        )
        #expect(inspect(gguf(tensors: 1, tail: tensor([1 << 33, 1 << 33])), "m.gguf").has(.malformed))
    }

    @Test(
        "TensorFlow: operations that reach files are told, in functions too",
        arguments: [
            ("ReadFile", true), ("WriteFile", true), ("PyFunc", true), ("EagerPyFunc", true), ("MatMul", false),
            ("SaveV2", false), ("RestoreV2", false), ("MergeV2Checkpoints", false),
            ("TFRecordReaderV2", true),
        ]
    )
    func tensorFlow(operation: String, isBad: Bool) {
        let node = Wire.field(1, "n") + Wire.field(2, operation)
        let plain = Wire.field(1, Wire.field(1, "a") + Wire.field(2, "NoOp"))
        let saved =
            Wire.field(1, 1) + Wire.field(2, Wire.field(2, plain + Wire.field(2, Wire.field(1, Wire.field(3, node)))))
        #expect(inspect(saved, "saved_model.pb").format == .savedModel)
        #expect(inspect(saved, "saved_model.pb").has(.fileOperation) == isBad)
        #expect(inspect(Wire.field(1, node), "graph.pb").format == .graphDef)
        #expect(inspect(Wire.field(1, node), "graph.pb").has(.fileOperation) == isBad)
        let asset = Wire.field(1, 1) + Wire.field(2, Wire.field(2, plain) + Wire.field(6, Wire.field(2, "../../x")))
        #expect(inspect(asset, "saved_model.pb").has(.externalData))
    }

    @Test(
        "Templates: tricks are found, ordinary ones are let be",
        arguments: [
            ("{{ ''.__class__ }}", true), ("{{ ''|attr('a') }}", true), ("{{ x['__init__'] }}", true),
            ("{% set a = lipsum %}", true),
            ("{{ x['\\x5f\\x5fclass\\x5f\\x5f'] }}", true), ("{{ cycler.next }}", true),
            ("{% for m in messages %}{{ '<|im_start|>' + m['role'] }}{% endfor %}", false),
            ("__start__ {{ bos_token }} __end__", false),
            ("{% if messages[0]['role'] == 'system' %}{% set ns = namespace(x=1) %}{% endif %}", false),
        ]
    )
    func templates(template: String, isBad: Bool) {
        let escaped = template.replacing("\\", with: "\\\\")
        let inspection = inspect(Array("{\"chat_template\": \"\(escaped)\"}".utf8), "tokenizer_config.json")
        #expect(inspection.has(.template))
        #expect(inspection.has(.templateCode) == isBad)
    }

    @Test("JSON: code that comes along, keys twice, endless nesting")
    func json() {
        #expect(inspect(Array(#"{"auto_map": {}}"#.utf8), "config.json").has(.remoteCode))
        #expect(inspect(Array(#"{"a\u0075to_map": {}}"#.utf8), "config.json").has(.remoteCode))
        #expect(inspect(Array(#"{"a": 1, "a": 2}"#.utf8), "config.json").has(.malformed))
        #expect(inspect([UInt8](repeating: 0x5B, count: 100_000), "config.json").has(.malformed))
        let twoForms = "{\"\u{E9}\": 1, \"e\u{301}\": 2, \"x\": [true, null, -1.5e3]}"
        #expect(inspect(Array(twoForms.utf8), "vocab.json").problems.isEmpty)
    }

    @Test("Keras in HDF5: Lambda layers and foreign modules, also behind escapes and far into the file")
    func hdf5() {
        func file(_ config: String) -> Inspection {
            inspect(
                [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A] + [UInt8](repeating: 0, count: (1 << 20) - 20)
                    + Array(config.utf8),
                "m.h5"
            )
        }
        #expect(file(#"{"class_name": "Lambda"}"#).has(.kerasCode))
        #expect(file(#"{"class_name": "L\u0061mbda"}"#).has(.kerasCode))
        #expect(file(#"{"module": "os", "class_name": "X"}"#).has(.kerasCode))
        #expect(file(#"{"module": "keras.layers", "class_name": "Dense"}"#).problems.isEmpty)
    }

    @Test("A compressed pickle is explained; endless zeroes are not unpacked without end")
    func compressed() {
        let pickle = Pickled.call("os", "system", "id")
        let length = ZipWriter.little(pickle.count, 2)
        let stored = [1] + length + length.map { ~$0 } + pickle
        let gzip =
            [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + stored + ZipWriter.little(ZipWriter.crc32(pickle), 4)
            + ZipWriter.little(pickle.count, 4)
        let inspection = inspect(gzip, "model.joblib")
        #expect(inspection.says("os.system"))
        #expect(inspection.has(.archive))
    }

    @Test(
        "Files end anywhere without a crash",
        arguments: [
            ONNX.model(), NumPy.floats(4), Pickled.call("os", "system", "id"),
            ZipWriter([("a/data.pkl", Pickled.call("os", "system", "id"))]).bytes,
        ]
    )
    func truncated(_ bytes: [UInt8]) {
        for count in 0..<bytes.count {
            let inspection = inspect(Array(bytes[..<count]), "model.onnx")
            #expect(
                inspection.format == .empty || inspection.format == .text || !inspection.problems.isEmpty,
                "\(count)"
            )
        }
    }
}

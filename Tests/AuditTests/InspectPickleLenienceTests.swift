// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

/// What CPython's unpickler runs although no writer of pickles wrote it so.
@Suite("Pickles that only unpicklers know")
struct InspectPickleLenienceTests {
    private static let payload = Array("cposix\nsystem\n(S'id'\ntR.".utf8)

    @Test(
        "A number that CPython reads does not end our reading",
        arguments: [
            "I0b1\n", "I0B1\n", "I0o7\n", "I-0x1\n", "I+0x1\n", "I1_000\n", "I 1 \n", "I\t1\r\n", "I1\u{0}so\n",
            "I\u{0}\n", "I010\n", "L0b1L\n", "L-0x1L\n", "L0o1\n", "L 12 L\n", "F1.\n", "F.5\n", "F-inf\n", "FNaN\n",
            "F+Infinity\n", "F1_0e5\n", "F1\u{0}z\n", "Np1_0\n0g 10\n", "Np10\n0g+0010\n", "Np-0\n", "Np1\u{0}x\n",
            "S'a' \t\n", "V\\u0041\n",
        ]
    )
    func literals(_ text: String) {
        for name in ["a.txt", "weights.bin"] {
            let inspection = inspect(Array(text.utf8) + [0x30] + Self.payload, name)
            #expect(inspection.says("would import posix.system and call posix.system('id')"), "\(text)")
        }
    }

    @Test("A line longer than what is held of it does not end our reading")
    func longLines() {
        let spaces = String(repeating: " ", count: 70_000)
        let letters = String(repeating: "a", count: 1_000_000)
        for text in ["Np0\n0g\(spaces)0\n", "I\(spaces)1\n", "F1\(spaces)\n", "S'\(letters)'\n", "V\(letters)\n"] {
            #expect(
                inspect(Array(text.utf8) + [0x30] + Self.payload, "a.txt").says("posix.system"),
                "\(text.prefix(3))"
            )
        }
    }

    @Test(
        "Beyond a bound of ours nothing is believed to be text",
        arguments: [
            [UInt8](repeating: 0x4E, count: 131_073), [UInt8](repeating: 0x28, count: 131_073),
            [0x4E] + [UInt8]((0...(1 << 20)).flatMap { Array("p\($0)\n".utf8) }),
            [UInt8]((0..<64).flatMap { _ in Array("N.".utf8) }),
        ]
    )
    func bounds(_ prefix: [UInt8]) {
        #expect(inspect(prefix + Self.payload, "a.txt").has(.pickle))
    }

    @Test(
        "Harm is done without a STOP and without a call",
        arguments: [
            "ccopyreg\npickle\n(N(S'__setstate__'\ncposix\nsystem\ndtbS'id'\nb", "csys\npath\nS'/tmp/x'\na",
            "cos\nenviron\nS'LD_PRELOAD'\nS'/tmp/x'\ns", "csys\npath\n(S'/tmp/x'\ne", "(S'id'\niposix\nsystem\n",
        ]
    )
    func unfinished(_ text: String) {
        #expect(inspect(Array((text + "and prose").utf8), "a.txt").has(.pickle))
    }

    @Test("The second pickle of a file counts as the first does")
    func second() {
        #expect(inspect(Array("N.".utf8) + Self.payload, "a.txt").has(.pickle))
    }

    @Test(
        "Prose and lists of names are text",
        arguments: [
            "cats\nand dogs\n", "cat\ndog\nbird\n", "car\nbus\n", "class,score\n1,2\n.5,3\n", "cache/\n*.log\n.env\n",
            "I think.\n(see below)\n",
            "L1 norm\nL2 norm\n", "certifi\nnumpy\nrequests\n", "iguana\nlizard\n", "Free text\nNot a pickle\n.\n",
        ]
    )
    func prose(_ text: String) {
        #expect(inspect(Array(text.utf8), "labels.txt").problems.isEmpty)
    }

    @Test("An import and nothing else is a pickle where its module came along")
    func importOnly() {
        func rules(_ files: [String: String]) -> Set<String> {
            Set(Audit().run(MemoryTree(files.mapValues { Array($0.utf8) })).findings.map(\.rule))
        }
        let text = "cpwnmod\nx\nhello, this is a text\n"
        #expect(!rules(["m/notes.txt": text]).contains("BKL-M001"))
        #expect(rules(["m/notes.txt": text, "lib/pwnmod.py": ""]).contains("BKL-M001"))
        #expect(rules(["m/notes.txt": text, "pwnmod/__init__.py": ""]).contains("BKL-M001"))
        #expect(rules(["m/notes.txt": "clib.pwnmod\nx\nhello\n", "lib/pwnmod.py": ""]).contains("BKL-M001"))
        #expect(!rules(["m/notes.txt": "cat\ndog\n", "at/x.txt": "", "lib/pwnmod.py": ""]).contains("BKL-M001"))
    }

    @Test("What is called as pickles are has to be of a format that is known", arguments: AuditProfile.allCases)
    func names(_ profile: AuditProfile) {
        func errors(_ path: String, _ bytes: [UInt8]) -> Set<String> {
            let files = ["r/m/config.pbtxt": Array("name: \"m\"\n".utf8), path: bytes]
            let findings = Audit(profile: profile).run(MemoryTree(files)).findings
            return Set(findings.filter { $0.severity == .error }.map(\.rule))
        }
        for name in ["w.pkl", "w.pickle", "w.pt", "w.PTH", "w.ckpt", "w.joblib", "w.dill", "w.cloudpickle"] {
            for directory in ["r/m/1", "r/m", "elsewhere"] {
                let path = "\(directory)/\(name)"
                #expect(errors(path, Array("some prose\n".utf8)).contains("BKL-M001"), "\(path)")
                #expect(errors(path, [0x80, 2, 0xFF, 0xFE, 0x00, 0x01, 0x12]).contains("BKL-M001"), "\(path)")
                #expect(errors(path, [0x80, 2] + Array("I0b1\n0".utf8) + Self.payload).contains("BKL-M001"), "\(path)")
            }
        }
        #expect(errors("r/m/1/w.pkl", []).isEmpty)
        #expect(errors("r/m/1/w.pt", NumPy.floats(3)).isEmpty)
        #expect(errors("elsewhere/w.bin", Array("some prose\n".utf8)).isEmpty)
    }

    @Test("A format that begins with bytes of the writer's choice may be a pickle as well")
    func polyglots() {
        let header = #"{"w":{"dtype":"U8","shape":[SIZE],"data_offsets":[0,SIZE]}"#
        let content = [0x30] + Self.payload
        // The lowest byte of the length is the instruction whose line ends within the header.
        let text = header.replacing("SIZE", with: "\(content.count)")
        let padded = text + String(repeating: " ", count: 0x56 - text.utf8.count - 2) + "\n}"
        let bytes = ZipWriter.little(padded.utf8.count, 8) + Array(padded.utf8) + content
        #expect(bytes[0] == UInt8(ascii: "V"))
        let inspection = inspect(bytes, "model.safetensors")
        #expect(inspection.format == .safetensors)
        #expect(inspection.says("is a pickle and a safetensors file at once"))
        #expect(inspection.says("posix.system"))
    }
}

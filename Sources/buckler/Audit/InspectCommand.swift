// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import Foundation

/// `buckler inspect`: what a model file is and does, without running any of it.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Say what a model file is and what loading it would do, without loading it.",
        discussion: """
            The format is told by the content, whatever the name says. A pickle is explained instruction by instruction, \
            wherever it is carried: by itself, in an archive of PyTorch, in NumPy's files. The exit status is 0 if nothing \
            is wrong, 1 if something is, 2 if the file could not be read.
            """
    )

    @Argument(help: ArgumentHelp("Model files.", valueName: "file"))
    var files: [String]

    @Flag(help: "Leave out the instructions of pickles; say what they come to.")
    var brief = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        var inspections: [Inspection] = []
        for file in files {
            do throws(Unreadable) {
                inspections.append(try inspect(file))
            } catch {
                Terminal.failure(
                    of: "buckler inspect",
                    "\(Printed.cut(error.place.file, limit: 400)): \(error.message)"
                )
                throw ExitCode(2)
            }
        }
        if json {
            Terminal.output.line(try JSONOutput.text(inspections))
        } else {
            let texts = inspections.map { InspectionText($0, listsPickles: !brief).text(styled: Self.styled) }
            AuditPrinting.print(texts.joined(separator: "\n"))
        }
        if inspections.contains(where: { !$0.problems.isEmpty }) { throw ExitCode(1) }
    }

    private func inspect(_ file: String) throws(Unreadable) -> Inspection {
        var tree = DiskTree()
        try tree.add(path: file)
        let entries = tree.entries().entries
        guard let entry = entries.first, entries.count == 1, entry.isReadable, !Self.isDirectory(file) else {
            throw Unreadable(Place(file), "it is no file; 'buckler audit' looks at all files of a directory")
        }
        return ModelFileInspector.inspect(try tree.open(entry.path), name: entry.path)
    }

    private static func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    private static func styled(_ text: String, _ style: InspectionText.Style) -> String {
        switch style {
        case .plain, .label: text
        case .heading: Terminal.output.styled(text, .bold)
        case .problem: Terminal.output.styled(text, .red)
        case .faint: Terminal.output.styled(text, .dim)
        }
    }
}

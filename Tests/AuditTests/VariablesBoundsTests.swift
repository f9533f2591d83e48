// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Bounds of variables")
struct VariablesBoundsTests {
    private func findings(_ files: [String: String]) -> [Finding] {
        Audit().run(MemoryTree(files.mapValues { Array($0.utf8) })).findings
    }

    @Test("What many containers have put in is bounded over the file, and told", .timeLimit(.minutes(1)))
    func repeatedContainers() {
        let environment = "x: &e [{name: V, value: \(String(repeating: "a", count: 2000))}]\n"
        let word = String(repeating: "$(V)", count: 100)
        let containers = (0..<100).map { "- {name: c\($0), image: 'a:1', env: *e, args: ['\(word)']}\n" }
        let pod =
            "apiVersion: v1\nkind: Pod\n\(environment)spec:\n  containers:\n  " + containers.joined(separator: "  ")
        let found = findings(["pod.yaml": pod]).filter { $0.rule == "BKL-D042" }
        #expect(found.count == 100)
    }

    @Test("A container's command has as much put in as it is long, some times over, and more is told")
    func repeatedValues() {
        func isTold(_ count: Int) -> Bool {
            let command =
                "A=" + String(repeating: "a", count: 1000) + "; echo " + String(repeating: "$A ", count: count)
            return findings(["compose.yaml": "services:\n  a:\n    image: a:1.0\n    command: [sh, -c, '\(command)']\n"]
            )
            .contains { $0.rule == "BKL-D042" }
        }
        #expect(!isTold(10))
        #expect(isTold(60))
    }

    @Test(
        "Files that are given to many containers are told once they are too many, and no longer looked at",
        .timeLimit(.minutes(1))
    )
    func repeatedFiles() {
        let services = (0..<200).map { "  s\($0): {image: 'a:1.0', env_file: many.env}\n" }.joined()
        let many = (0..<60_000).map { "A\($0)=x\n" }.joined()
        let files = ["compose.yaml": "services:\n" + services, "many.env": many]
        let result = Audit().run(MemoryTree(files.mapValues { Array($0.utf8) }))
        let told = result.unreadable.filter { $0.message == "files give containers more than 65536 variables" }
        #expect(told.count == 1)
    }
}

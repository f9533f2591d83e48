// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ModelRepository

/// The walk over a tree that is a table: what is a directory, and what is a link to where.
@Suite struct LinkWalkTests {
    private static let directories: Set<String> = ["", "m", "m/1", "store", "store/a"]
    private static let links = [
        "m/inside": "/repo/store/file", "m/doubled": "//repo/.//store/file", "m/given": "/given/repo/store/file",
        "m/dots": "/repo/../etc/passwd", "m/back": "/repo/m/../store/file", "m/through": "/repo/m/tree/../file",
        "m/tree": "/repo/store/a", "m/sibling": "/repo-evil/file", "m/short": "/rep",
        "m/round": "/x/../repo/store/file",
        "m/self": "/repo/m/self", "m/ping": "/repo/m/pong", "m/pong": "ping", "m/root": "/repo", "m/up": "../../secret",
        "m/outside": "/etc/passwd", "m/chain": "/repo/m/inside", "m/escape": "/repo/m/up", "m/empty": "",
        "m/mark": "/repo/m/1/\u{301}x", "m/accent": "/re\u{301}po/x",
    ]

    /// - Returns: where `path` ends.
    private func resolve(_ path: String) throws(FileProblem) -> String {
        var walk = LinkWalk(path, rootPaths: ["/repo", "/given/repo"])
        var here: [String] = []
        while true {
            switch try walk.next() {
            case .leave: here.removeLast()
            case .openHere: return here.joined(separator: "/")
            case .enter(let name):
                let place = (here + [name]).joined(separator: "/")
                if let text = Self.links[place] {
                    if try walk.met(linkTo: text) { here = [] }
                } else {
                    guard Self.directories.contains(place) else { throw .notDirectory }
                    here.append(name)
                    walk.entered()
                }
            case .open(let name):
                let place = (here + [name]).joined(separator: "/")
                guard let text = Self.links[place] else { return place }
                if try walk.met(linkTo: text) { here = [] }
            }
        }
    }

    @Test func goesOnWhereAnotherSpellingOfTheRootEnds() throws {
        var walk = LinkWalk("l", rootPaths: ["/repo"])
        _ = try walk.next()
        var asked: [[String]] = []
        let goesBack = try walk.met(linkTo: "/repo/../repo/../x/m/./file") { components in
            asked.append(components)
            return 5
        }
        #expect(goesBack)
        #expect(asked == [["repo", "..", "repo", "..", "x", "m", "file"]])
        let first = try walk.next()
        walk.entered()
        let second = try walk.next()
        #expect([first, second] == [.enter("m"), .open("file")])
    }

    @Test(arguments: [
        ("m/1/file", "m/1/file"), ("m/inside", "store/file"), ("m/doubled", "store/file"), ("m/given", "store/file"),
        ("m/back", "store/file"), ("m/through", "store/file"), ("m/chain", "store/file"), ("m/tree/x", "store/a/x"),
        ("m/mark", "m/1/\u{301}x"), ("m/root", ""), ("m/root/store/file", "store/file"),
        ("m/tree/../file", "store/file"),
    ])
    func follows(path: String, end: String) throws {
        #expect(try resolve(path) == end)
    }

    @Test(arguments: [
        ("m/dots", FileProblem.leadsOutside), ("m/sibling", .leadsOutside), ("m/short", .leadsOutside),
        ("m/round", .leadsOutside), ("m/up", .leadsOutside), ("m/outside", .leadsOutside), ("m/escape", .leadsOutside),
        ("m/self", .unfollowableLink), ("m/ping", .unfollowableLink), ("m/root/..", .leadsOutside),
        ("m/empty", .missing),
        ("m/accent", .leadsOutside),
    ])
    func refuses(path: String, problem: FileProblem) {
        #expect(throws: problem) { try resolve(path) }
    }

    @Test(arguments: [(LinkWalk.linkLimit, true), (LinkWalk.linkLimit + 1, false)])
    func boundsTheLinks(count: Int, passes: Bool) throws {
        var walk = LinkWalk("l", rootPaths: ["/repo"])
        for _ in 1..<count {
            _ = try walk.next()
            _ = try walk.met(linkTo: "/repo/l")
        }
        _ = try walk.next()
        if passes {
            let goesBack = try walk.met(linkTo: "/repo/l")
            #expect(goesBack)
        } else {
            #expect(throws: FileProblem.unfollowableLink) { try walk.met(linkTo: "/repo/l") }
        }
    }

    @Test func boundsTheTriesAtAnEntryThatKeepsChanging() throws {
        var walk = LinkWalk("l", rootPaths: ["/repo"])
        for _ in 0..<LinkWalk.linkLimit {
            let step = try walk.next()
            #expect(step == .open("l"))
            try walk.changed("l")
        }
        #expect(throws: FileProblem.unfollowableLink) { try walk.changed("l") }
    }

    @Test func boundsTheDepth() throws {
        let path = Array(repeating: "d", count: LinkWalk.depthLimit + 2).joined(separator: "/")
        var walk = LinkWalk(path, rootPaths: ["/repo"])
        for _ in 0..<LinkWalk.depthLimit {
            let step = try walk.next()
            #expect(step == .enter("d"))
            walk.entered()
        }
        #expect(throws: FileProblem.badPath) { try walk.next() }
    }

    @Test func aRootThatIsTheWholeSystemHoldsEverything() throws {
        var walk = LinkWalk("l", rootPaths: ["/"])
        _ = try walk.next()
        let goesBack = try walk.met(linkTo: "/etc/passwd")
        #expect(goesBack)
        let step = try walk.next()
        #expect(step == .enter("etc"))
    }
}

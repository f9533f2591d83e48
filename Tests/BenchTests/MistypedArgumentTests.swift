// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import buckler

@Suite struct MistypedArgumentTests {
    @Test(arguments: [
        (["srve", "--model-repository=x"], "buckler", "unknown command srve; did you mean serve?"),
        (["remote", "lst"], "buckler remote", "unknown command lst; did you mean list?"),
        (
            ["remote", "zzzzzzzz"], "buckler remote",
            "unknown command zzzzzzzz; there is list, show, load, unload, stats"
        ),
        (["engine", "instal"], "buckler engine", "unknown command instal; did you mean install?"),
        (
            ["b\u{1B}[2J"], "buckler",
            "unknown command b\u{FFFD}[2J; there is serve, config, check, infer, remote, bench, engine, key, ledger, certs, "
                + "sandbox, audit, inspect"
        ),
        (["bench", "--concurency", "1"], "buckler bench", "unknown option --concurency; did you mean --concurrency?"),
        (["bench", "--concurency=1"], "buckler bench", "unknown option --concurency; did you mean --concurrency?"),
        (["infer", "digits", "--inptu", "x"], "buckler infer", "unknown option --inptu; did you mean --input?"),
        (["check", "--jsn"], "buckler check", "unknown option --jsn; did you mean --json?"),
        (["check", "m", "--zzzzzzzzzz"], "buckler check", "unknown option --zzzzzzzzzz"),
        (["remote", "list", "--urll", "x"], "buckler remote list", "unknown option --urll; did you mean --url?"),
    ])
    func namesTheNearest(arguments: [String], command: String, message: String) throws {
        let slip = MistypedArgument(in: arguments, of: try CommandOutline.of(Buckler.self))
        #expect(slip?.command == command)
        #expect(slip?.message == message)
    }

    @Test(arguments: [
        [], ["--help"], ["--version"], ["help"], ["help", "srve"], ["remote"], ["remote", "list", "--json"],
        ["remote", "show", "digits"], ["remote", "--help"], ["check", "models/digits"], ["check", "--", "--jsn"],
        ["bench", "--model", "digits", "--concurrency=1", "--help"],
    ])
    func findsNothingInWhatIsRight(arguments: [String]) throws {
        #expect(MistypedArgument(in: arguments, of: try CommandOutline.of(Buckler.self)) == nil)
    }
}

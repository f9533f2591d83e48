// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("TOML 1.0")
struct TOMLReaderTests {
    /// Written for comparison: strings in quotes, all else plain.
    private static func written(_ node: DataNode) -> String {
        switch node {
        case .scalar(let scalar): scalar.isPlain ? scalar.text : "'\(scalar.text)'"
        case .list(let items, _): "[" + items.map(written).joined(separator: " ") + "]"
        case .map(let members, _): "{" + members.map { "\($0.key)=\(written($0.value))" }.joined(separator: " ") + "}"
        }
    }

    private static func read(_ text: String) throws -> String {
        written(try DataReader.toml(text, file: "a.toml").root)
    }

    @Test(
        "Values",
        arguments: [
            ("+1_000", "1000"), ("-0", "0"), ("0xdead_BEEF", "3735928559"), ("0o17", "15"), ("0b1_01", "5"),
            ("9223372036854775807", "9223372036854775807"), ("-9223372036854775808", "-9223372036854775808"),
            ("1_0.5_0", "10.50"), ("-1E+06", "-1e06"), ("1e0_1", "1e01"), ("+inf", "inf"), ("-nan", "-nan"),
            ("true", "true"), ("false", "false"), ("1979-05-27t07:32:00z", "1979-05-27t07:32:00z"),
            ("1979-05-27 07:32:00.5-07:00", "1979-05-27 07:32:00.5-07:00"), ("2000-02-29 # c", "2000-02-29"),
            ("1990-12-31T23:59:60Z", "1990-12-31T23:59:60Z"), ("07:32:00.123", "07:32:00.123"),
            (#""\b\t\n\f\r\"\\\u00e9\U0001F600""#, "'\u{8}\t\n\u{C}\r\"\\é😀'"), (#"'\n"'"#, #"'\n"'"#),
            ("\"\"\"\r\na\\  \r\n \n b\r\n\"\"\"", "'ab\n'"), ("\"\"\"\"a\"\"\"\"\"", "'\"a\"\"'"),
            ("'''\n'a'\\'''", "''a'\\'"), ("''''''", "''"), ("[ 1 , # c\n [ 'a' ]\r\n,\n]", "[1 ['a']]"), ("[]", "[]"),
            ("{ a.b = 1, 'c' = {}, a.\"d\" = [ {x=1} ] }", "{a={b=1 d=[{x=1}]} c={}}"),
        ]
    )
    func values(_ text: String, _ expected: String) throws {
        #expect(try Self.read("x = " + text) == "{x=\(expected)}")
        #expect(try Self.read("x=[" + text + "\n]\t# c\r\n") == "{x=[\(expected)]}")
    }

    @Test(
        "What is no value",
        arguments: [
            "", "# c", "True", "truex", "Inf", "infx", "01", "-01", "+-1", "1_", "_1", "1__0", "0x", "0X1", "+0x1",
            "0x_1", "0o8", "0b2", "9223372036854775808", "-9223372036854775809", "0x8000000000000000", "1.", ".5",
            "1.e1", "1e", "1e1.5", "1_.5", "1.5.5", "1979-02-29", "1900-02-29", "1979-04-31", "1979-00-01",
            "1979-5-27", "24:00:00", "07:60:00", "07:32:61", "07:32", "07:32:00.", "07:32:00Z", "1979-05-27T",
            "1979-05-27 07", "1979-05-27  07:32:00", "1979-05-27T07:32:00+24:00", "1979-05-27T07:32:00-07",
            "\"", "'", "\"\"\"", "'''a''", "\"a\nb\"", "'a\u{1}'", "\"\u{7F}\"", "'''a\rb'''", #""\e""#, #""\x41""#,
            #""\u12""#, #""\ud800""#, #""\U00110000""#, #""""\ b""""#, "\"\\", "'''a''''''", "[", "[1", "[,]",
            "[1,,2]", "[1 2]", "{", "{a=1", "{a=1,}", "{,}", "{a=1\n}", "{a=1 b=2}", "{a}", "{a=1,a=2}",
            "{a={},a.b=1}", "{a.b=1,a={}}", "1 2", "1\r", "1 # \u{0}", "1\n\u{B}", "é",
        ]
    )
    func noValues(_ text: String) {
        let error = #expect(throws: Unreadable.self) { try Self.read("x = " + text) }
        #expect(error?.message.hasPrefix("the file is not TOML: ") == true && error?.place.line != nil)
        #expect(throws: Unreadable.self) { try Self.read("y=[" + text + "\n") }
    }

    @Test(
        "Keys and tables",
        arguments: [
            ("", "{}"), ("\u{FEFF}# c\r\n\n \t\n", "{}"), ("a-_1=1\n1.2=3", "{a-_1=1 1={2=3}}"),
            ("\"a.b\" . '' = 1\n\"\\u0061\" = 2", "{a.b={=1} a=2}"),
            ("a.b.c=1\na.d=2\na.b.e=3", "{a={b={c=1 e=3} d=2}}"),
            ("[ a . 'b' ] # c\nc=1\n[a]\nd=2", "{a={b={c=1} d=2}}"),
            ("[a]\nb.c=1\n[a.b.d]\n[a.e]", "{a={b={c=1 d={}} e={}}}"),
            ("[a.b.c]\n[a]\nb.d=1", "{a={b={c={} d=1}}}"),
            ("[[a]]\nx=1\n[a.b]\n[[a]]\n[a.b]\n", "{a=[{x=1 b={}} {b={}}]}"),
            ("[[a]]\n[[a.b]]\n[[a.b]]\n[a.b.c]\n[[a]]", "{a=[{b=[{} {c={}}]} {}]}"),
            ("a={b=1}\n[c]\na=2", "{a={b=1} c={a=2}}"),
        ]
    )
    func tables(_ text: String, _ expected: String) throws {
        #expect(try Self.read(text) == expected)
    }

    @Test(
        "What is said twice, or added to what is closed",
        arguments: [
            "a=1\na=2", "a=1\n'a'=2", "a=1\na.b=2", "a.b=1\na=2", "a.b=1\n[a]", "[a]\n[a]", "[a.b]\n[a]\n[a]",
            "a=1\n[a]",
            "a=1\n[a.b]", "[a]\nb=1\n[a.b]", "a={}\n[a]", "a={}\n[a.b]", "a={}\na.b=1", "a={b.c=1}\n[a.b.d]",
            "a=[]\n[[a]]", "a=[{}]\n[a.b]", "a=[{}]\na.b=1", "[[a]]\n[a]", "[a]\n[[a]]", "[a.b]\n[[a]]",
            "[a.b.c]\n[a]\nb.c.d=1", "[[a.b]]\n[a]\nb.c=1", "[a]\nb.c=1\n[a.b]", "[a]\n[b]\n[a]",
            "K=1\n\"\u{212A}\"=2",
        ]
    )
    func twice(_ text: String) {
        #expect(throws: Unreadable.self) { try Self.read(text) }
    }

    @Test(
        "What is no statement",
        arguments: [
            "a", "a=", "=1", ".a=1", "a.=1", "a..b=1", "a b=1", "é=1", "a=1 b=2", "\"\"\"a\"\"\"=1", "'a\n'=1", "[]",
            "[[]]", "[a", "[[a]", "[[[[a]]", "[a]]", "[ [a]]", "[[a] ]", "[a.]", "[.a]", "[a b]", "[a] b=1", "[a]\r",
            "\u{0}", "a=1\n\u{FEFF}", "# \u{7F}", "#\r", "{a=1}", "]",
        ]
    )
    func noStatements(_ text: String) {
        #expect(throws: Unreadable.self) { try Self.read(text) }
    }

    @Test("Places are those of the text, in Unicode scalars")
    func places() throws {
        let text = "[a.b]\n  é = 1\n".replacing("é", with: "'é'") + "x = [ 'é', {y.z = 2},\n 3]\n[[c]]\n"
        let root = try DataReader.toml(text, file: "a.toml").root
        func place(_ line: Int, _ column: Int) -> Place { Place("a.toml", line: line, column: column) }
        let table = try #require(root[path: "a", "b"])
        #expect(root.member("a")?.keyPlace == place(1, 2) && root["a"]?.member("b")?.keyPlace == place(1, 4))
        #expect(table.place == place(1, 1) && table.member("é")?.keyPlace == place(2, 3))
        #expect(table["é"]?.place == place(2, 9) && table["x"]?.place == place(3, 5))
        #expect(table["x"]?.items.map(\.place) == [place(3, 7), place(3, 12), place(4, 2)])
        #expect(table["x"]?.items[1]["y"]?.member("z")?.keyPlace == place(3, 15))
        #expect(root["c"]?.items.first?.place == place(5, 1))
    }

    @Test("Errors say where, and tell no value, which may be a secret")
    func errors() {
        for (text, line, column) in [
            ("a=1\n  b = hunter2\n", 2, 7), ("a = 'é' x", 1, 9), ("a='''\n\n", 1, 3), ("[a]\n[b]\n [a]", 3, 3),
        ] {
            let error = #expect(throws: Unreadable.self) { try DataReader.toml(text, file: "a.toml") }
            #expect(error?.place == Place("a.toml", line: line, column: column))
            #expect(error?.message.contains("hunter") == false)
        }
    }
}

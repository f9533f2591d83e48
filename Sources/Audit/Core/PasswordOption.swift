// SPDX-License-Identifier: Apache-2.0

/// The option of one letter by which a program takes a password.
struct PasswordOption {
    var letter: Character
    /// `-pword`
    var isGlued = true
    /// `-p word`
    var isApart = true

    /// Those of programs, by their names.
    static let programs: [String: PasswordOption] = {
        var programs: [String: PasswordOption] = [
            "7z": .init(letter: "p"), "mongo": .init(letter: "p"), "mongodump": .init(letter: "p"),
            "mongosh": .init(letter: "p"), "redis-cli": .init(letter: "a"), "sshpass": .init(letter: "p"),
            "unzip": .init(letter: "P"), "zip": .init(letter: "P"),
            // Its other options are words behind one hyphen: `-keyout`.
            "openssl": .init(letter: "k", isGlued: false),
        ]
        for program in ["mariadb", "mariadb-dump", "mysql", "mysqladmin", "mysqldump", "mysqlimport"] {
            programs[program] = .init(letter: "p", isApart: false)
        }
        return programs
    }()

    /// That of the verb `login`, which programs for registries have.
    static let login = PasswordOption(letter: "p")

    /// Programs whose option for a password takes a name too: `-u name:password`.
    static let callers: Set<String> = ["curl", "http", "https", "wget"]

    /// Options that name a secret of the engine's or the cluster's as often as they have one.
    static let references: Set<String> = ["--credential", "--credentials", "--secret", "--secrets"]
}

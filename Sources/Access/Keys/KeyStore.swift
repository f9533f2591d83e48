// SPDX-License-Identifier: Apache-2.0
package import Inference

/// The keys that `buckler key` makes: `$BUCKLER_HOME/access/keys.json`, for this user's eyes only.
package struct KeyStore: KeyOrigin {
    package static let sizeLimit = 16 << 20
    static let directoryName = "access"
    static let fileName = "keys.json"
    static let lockName = "keys.lock"

    private let home: BucklerHome

    package init(home: BucklerHome) { self.home = home }

    package var name: String { "the store of API keys" }
    package var path: String { directory + "/" + Self.fileName }
    private var directory: String { home.path + "/" + Self.directoryName }

    package func state() -> FileState { .of(path) }

    package func records() throws(ServingError) -> [KeyRecord] { try read().records }

    /// - Returns: an empty table if there is no file; never if there is one that cannot be read.
    /// - Throws: with what to do about it as the cause.
    package func read() throws(ServingError) -> KeyTable {
        try home.check()
        guard let directory = try PrivateDirectory.open(directory) else { return KeyTable() }
        return try read(in: directory)
    }

    /// Reads, changes and writes the table while no other command does. What `change` throws leaves the file as it was.
    package func update<Result>(
        _ change: (inout KeyTable) throws(ServingError) -> Result
    ) throws(ServingError) -> Result {
        try home.prepare()
        let directory = try PrivateDirectory.make(directory)
        return try directory.locked(by: Self.lockName) { (directory) throws(ServingError) in
            var table = try read(in: directory)
            let before = table
            let result = try change(&table)
            if table != before {
                let bytes = try KeyDocument.write(table)
                guard bytes.count <= Self.sizeLimit else {
                    throw ServingError(.resourceExhausted, "the store of API keys is full: it has 16 MiB", cause: path)
                }
                try directory.replace(Self.fileName, with: bytes)
            }
            return result
        }
    }

    /// Leaves `key` beside the store, for this user's eyes only, until he takes it away.
    /// - Returns: where.
    package func leave(_ key: KeyText, in name: String) throws(ServingError) -> String {
        try home.prepare()
        try PrivateDirectory.make(directory).replace(name, with: Array((key.secretText + "\n").utf8))
        return directory + "/" + name
    }

    private func read(in directory: borrowing PrivateDirectory) throws(ServingError) -> KeyTable {
        guard let bytes = try directory.content(of: Self.fileName, limit: Self.sizeLimit) else { return KeyTable() }
        do throws(ServingError) {
            return try KeyDocument.read(bytes)
        } catch {
            let place = BucklerHome.quoted(path)
            throw ServingError(
                error.code,
                "the store of API keys cannot be read: \(error.message)",
                cause: "put a good copy in the place of \(place)\n"
                    + "or, to give up all its keys and start anew: mv \(place) \(BucklerHome.quoted(path + ".damaged"))"
            )
        }
    }
}

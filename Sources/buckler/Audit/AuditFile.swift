// SPDX-License-Identifier: Apache-2.0
import Audit
import Settings

/// Files that go with an audit: waivers, a baseline.
enum AuditFile {
    static func text(of file: String) throws(Unreadable) -> String {
        do throws(SettingsError) {
            return try BoundedFile.read(file, limit: 64 << 20)
        } catch {
            throw Unreadable(Place(file), error.message)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

/// The name that someone most likely meant, if any is near: at most a third of its letters differ.
func nearestName(to wrong: String, among names: some Sequence<String>) -> String? {
    let wrongBytes = Array(wrong.lowercased().utf8)
    // Far longer than any name, so near none of them; also keeps a hostile text from buying a quadratic search.
    guard wrongBytes.count <= 64 else { return nil }
    var best: (name: String, distance: Int)?
    for name in names {
        let distance = editDistance(wrongBytes, Array(name.lowercased().utf8))
        if distance <= max(1, name.utf8.count / 3), distance < best?.distance ?? .max { best = (name, distance) }
    }
    return best?.name
}

/// `, did you mean 'dims'?`, or nothing.
func suggestion(for wrong: String, among names: some Sequence<String>) -> String {
    nearestName(to: wrong, among: names).map { ", did you mean '\($0)'?" } ?? ""
}

private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (leftIndex, leftByte) in left.enumerated() {
        var diagonal = row[0]
        row[0] = leftIndex + 1
        for (rightIndex, rightByte) in right.enumerated() {
            let substitution = diagonal + (leftByte == rightByte ? 0 : 1)
            diagonal = row[rightIndex + 1]
            row[rightIndex + 1] = min(substitution, diagonal + 1, row[rightIndex] + 1)
        }
    }
    return row[right.count]
}

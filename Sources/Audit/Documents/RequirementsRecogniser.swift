// SPDX-License-Identifier: Apache-2.0

extension Recogniser {
    static let requirements = Recogniser.text(matches: RequirementsReader.isRequirements) {
        (text, file, limits) throws(Unreadable) in
        [.requirements(try RequirementsReader.read(text, file: file, limits: limits))]
    }
}

// SPDX-License-Identifier: Apache-2.0

extension Unicode.Scalar {
    /// Whether people see it as it is: controls, line separators and the marks that turn text around would let a file
    /// forge what an operator reads.
    package var isShown: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: false
        default: true
        }
    }
}

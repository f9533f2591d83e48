// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// What can be wrong with the syntax of a JSON text, in RapidJSON's words, since clients of Triton know them.
enum JSONFault: String, Error {
    case empty = "The document is empty."
    case trailing = "The document root must not be followed by other values."
    case value = "Invalid value."
    /// RapidJSON says of this no more than the line above.
    case trailingComma = "Invalid value: a comma stands before ]."
    case memberName = "Missing a name for object member."
    case colon = "Missing a colon after a name of object member."
    case memberComma = "Missing a comma or } after an object member."
    case elementComma = "Missing a comma or ] after an array element."
    case hexDigit = "Incorrect hex digit after \\u escape in string."
    case surrogate = "The surrogate pair in string is invalid."
    case escape = "Invalid escape character in string."
    case quote = "Missing a closing quotation mark in string."
    case encoding = "Invalid encoding in string."
    case numberRange = "Number too big to be stored in double."
    case fraction = "Miss fraction part in number."
    case exponent = "Miss exponent in number."

    func error(at offset: Int) -> ServingError {
        ServingError(.invalidArgument, "failed to parse the request JSON buffer: \(rawValue) at \(offset)")
    }

    static func tooDeep(limit: Int, at offset: Int) -> ServingError {
        ServingError(
            .invalidArgument,
            "JSON nesting depth exceeds maximum allowed limit (\(limit)) at \(offset)"
        )
    }
}

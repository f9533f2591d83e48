// SPDX-License-Identifier: Apache-2.0
package import Inference

/// The message of the error that `body` throws; `nil` if it throws none.
package func message(_ body: () throws(ServingError) -> Void) -> String? {
    do throws(ServingError) {
        try body()
        return nil
    } catch {
        return error.message
    }
}

extension TensorBytes {
    package var array: [UInt8] { withUnsafeBytes { Array($0) } }
}

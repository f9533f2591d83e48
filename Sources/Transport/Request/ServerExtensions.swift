// SPDX-License-Identifier: Apache-2.0

/// The extensions of the protocol that the server's metadata lists: those that work here.
package enum ServerExtensions {
    /// In Triton's order.
    package static let names = [
        "classification", "model_repository", "model_repository(unload_dependents)", "schedule_policy",
        "model_configuration", "system_shared_memory", "cuda_shared_memory", "binary_tensor_data", "parameters",
        "statistics", "trace", "logging",
    ]
}

// SPDX-License-Identifier: Apache-2.0

/// Rules about ensembles: models made of models.
enum EnsembleRules {
    static let all: [Rule] = [.unpinnedStep, .circularEnsemble, .unknownStepModel, .deepEnsemble]
}

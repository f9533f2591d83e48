// SPDX-License-Identifier: Apache-2.0

extension Recogniser {
    static let compose = Recogniser.data { document in
        (ComposeReader.containers(document) ?? []).flatMap { container in
            [.container(container)] + CommandSubjects.subjects(of: container)
        }
    }

    static let kubernetes = Recogniser.data { document in
        guard let reading = KubernetesReader.read(document) else { return [] }
        return reading.workloads.map(Subject.workload)
            + reading.containers.flatMap { [.container($0)] + CommandSubjects.subjects(of: $0) }
    }
}

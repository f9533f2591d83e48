// SPDX-License-Identifier: Apache-2.0

extension Recogniser {
    static let compose = Recogniser.data { document in
        guard let reading = ComposeReader.read(document) else { return [] }
        var subjects = reading.workloads.map(Subject.workload) + reading.scripts.subjects
        for container in reading.containers {
            subjects.append(.container(container))
            subjects += CommandSubjects.subjects(of: container)
        }
        return subjects + reading.dockerfiles.map { .written(WrittenText(kind: .dockerfile, text: SourceText($0))) }
    }

    static let devContainer = Recogniser.data { document in
        guard let container = DevContainerReader.read(document) else { return [] }
        return [.container(container)] + CommandSubjects.subjects(of: container)
    }

    static let kubernetes = Recogniser.data { document in
        guard let reading = KubernetesReader.read(document) else { return [] }
        return reading.workloads.map(Subject.workload)
            + reading.containers.flatMap { [.container($0)] + CommandSubjects.subjects(of: $0) }
            + reading.scripts.subjects + reading.unread.map(Subject.unreadable)
    }
}

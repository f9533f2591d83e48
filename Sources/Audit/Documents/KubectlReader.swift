// SPDX-License-Identifier: Apache-2.0

/// Reads what `kubectl` is told on its command line of pods, and of whom a role is given to.
enum KubectlReader {
    /// Nothing of a command that says nothing of either.
    static func subjects(_ command: ShellCommand) -> [Subject] {
        guard let call = KubectlCall(command), ["run", "create", "patch"].contains(call.verb) else { return [] }
        var subjects: [Subject] = []
        if call.verb == "run", let word = call.option("--privileged"), word.text != "false" {
            var container = Container(.fragment, name: call.operand ?? "run", place: word.place)
            container.privileged = Located(true, at: word.place)
            subjects.append(.container(container))
        }
        if call.verb == "create", let binding = binding(call, of: command) { subjects.append(.workload(binding)) }
        for name in call.verb == "patch" ? ["--patch", "-p"] : ["--overrides"] {
            guard let word = call.option(name) else { continue }
            subjects += pods(word, of: command)
        }
        return subjects
    }

    /// Of a text that is put over what the command makes.
    private static func pods(_ word: ShellWord, of command: ShellCommand) -> [Subject] {
        let scalar = DataNode.Scalar(text: word.text, isPlain: false, place: word.place)
        var search = PodSearch(isTransient: true, lines: SourceLines())
        do throws(Unreadable) {
            guard let root = try DataNode.scalar(scalar).embedded().first else { return [] }
            search.search(root, key: "", isPatch: true)
        } catch {
            // The rest of it comes with a variable.
            guard !word.text.contains("$") else { return [] }
            let message = "what \(Printed.quoted(command.program)) is given cannot be read: \(error.message)"
            return [.unreadable(Unreadable(word.place, message))]
        }
        let containers = search.pods.flatMap { $0.containers() } + search.contexts
        let workloads = search.pods.filter(\.takesOfHost).map { pod in
            var workload = Workload(kind: command.program, name: "", place: word.place)
            workload.pod = pod.surroundings()
            return Subject.workload(workload)
        }
        return workloads + containers.flatMap { [.container($0)] + CommandSubjects.subjects(of: $0) }
    }

    /// `create clusterrolebinding NAME --clusterrole=R --user=U --group=G --serviceaccount=NAMESPACE:A`
    private static func binding(_ call: KubectlCall, of command: ShellCommand) -> Workload? {
        let kinds = ["clusterrolebinding": "ClusterRoleBinding", "rolebinding": "RoleBinding"]
        guard let kind = call.operand.flatMap({ kinds[$0] }),
            let role = call.option("--clusterrole") ?? call.option("--role")
        else { return nil }
        var workload = Workload(kind: kind, name: call.name ?? "", place: command.place)
        var access = ClusterAccess(role: role.located)
        for word in call.options("--user") { access.holders.append(.init(kind: "User", name: word.located)) }
        for word in call.options("--group") { access.holders.append(.init(kind: "Group", name: word.located)) }
        for word in call.options("--serviceaccount") {
            let parts = word.text.split(separator: ":", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            let name = Located(parts[1], at: word.place)
            access.holders.append(.init(kind: "ServiceAccount", name: name, namespace: parts[0]))
        }
        workload.access = access
        return workload
    }
}

/// A command of `kubectl`, or of one of its kin.
struct KubectlCall {
    var verb: String
    /// The first word behind the verb that is no option.
    var operand: String?
    /// The second.
    var name: String?
    private var words: ArraySlice<ShellWord>

    private static let valued: Set<String> = [
        "-n", "--namespace", "--context", "--kubeconfig", "-s", "--server", "--token", "--cluster", "--user", "--as",
        "--as-group", "--as-uid", "-v", "--v", "--vmodule", "--request-timeout", "--certificate-authority",
        "--client-certificate", "--client-key", "--tls-server-name", "--cache-dir", "--username", "--password",
        "--profile", "--profile-output", "--log-flush-frequency",
    ]

    /// `nil` if the command is another program's.
    init?(_ command: ShellCommand) {
        let isNested = ["k3s", "microk8s", "minikube"].contains(command.program)
        let start = isNested ? command.words.firstIndex { $0.text == "kubectl" } : 0
        // `$KUBECTL apply`, where that is set elsewhere.
        let isOpen = command.program.hasPrefix("$") && command.program.uppercased().contains("KUBECTL")
        let isOwn = isOpen || ["kubectl", "oc", "microk8s.kubectl"].contains(command.program)
        guard let start, isNested || isOwn else { return nil }
        guard let index = command.operand(from: start + 1, valued: Self.valued) else { return nil }
        verb = command.words[index].text
        words = command.words[(index + 1)...]
        guard let first = command.operand(from: index + 1, valued: Self.valued) else { return }
        operand = command.words[first].text
        name = command.operand(from: first + 1, valued: Self.valued).map { command.words[$0].text }
    }

    /// What an option is given, whether behind `=` or as the next word; the option itself if it stands alone.
    func option(_ name: String) -> ShellWord? { options(name).first }

    /// Of an option that may be given more than once.
    func options(_ name: String) -> [ShellWord] {
        zip(words.indices, words).compactMap { index, word in
            if word.text.hasPrefix(name + "=") { return word.dropping(name.utf8.count + 1) }
            guard word.text == name else { return nil }
            let next = index + 1 < words.endIndex ? words[index + 1] : word
            return next.text.hasPrefix("-") && next.text != "-" ? word : next
        }
    }
}

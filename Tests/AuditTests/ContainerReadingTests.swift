// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

/// What rules would look at.
private func subjects(_ files: [String: String]) -> Project {
    let (project, result) = subject(of: files) { keep in .project { project, _ in keep(project) } }
    #expect(result.unreadable.isEmpty, "\(result.unreadable)")
    return project ?? Project()
}

@Suite("Containers")
struct ContainerReadingTests {
    @Test("A compose service in all its parts")
    func compose() throws {
        let text = """
            x-common: &common
              privileged: true
              pids_limit: 100
            services:
              triton:
                <<: *common
                image: triton:1.0
                user: "1000:1000"
                read_only: true
                security_opt: ["no-new-privileges:true", "seccomp=unconfined"]
                cap_add: [CAP_SYS_ADMIN]
                cap_drop: [all]
                mem_limit: 2g
                gpus: all
                network_mode: host
                devices: [/dev/sda]
                environment: {A: b, C: }
                ports: ["127.0.0.1:8000:8000/tcp", {target: 8002, published: "8002", host_ip: 127.0.0.1}]
                volumes: ["./models:/models:ro", {type: bind, source: /x, target: /y, read_only: true}, "name:/z"]
                command: tritonserver --model-repository=/models
                healthcheck: {test: [NONE]}
            """
        let project = subjects(["compose.yaml": text])
        let container = try #require(project.containers.first)
        #expect(container.name == "triton")
        #expect(container.privileged?.value == true)
        #expect(container.privileged?.place.line == 2)
        #expect(container.user?.value == "1000:1000")
        #expect(container.readOnlyRoot?.value == true)
        #expect(container.noNewPrivileges?.value == true)
        #expect(container.seccomp?.value == "unconfined")
        #expect(container.addedCapabilities.map(\.value) == ["SYS_ADMIN"])
        #expect(container.droppedCapabilities.map(\.value) == ["ALL"])
        #expect(container.memoryLimit?.value == "2g")
        #expect(container.pidsLimit?.value == "100")
        #expect(container.gpus.map(\.devices) == [.all])
        #expect(container.hostNamespaces.map(\.kind) == [.network])
        #expect(container.environment.map { $0.value?.value } == ["b", nil])
        #expect(container.ports.map(\.isLoopback) == [true, true])
        #expect(container.ports.map(\.containerPort) == ["8000", "8002"])
        #expect(container.mounts.map(\.isReadOnly) == [true, true, false])
        #expect(container.mounts.map(\.kind) == [.host, .host, .volume])
        #expect(container.disabledHealthCheck != nil)
        #expect(project.serverCommands.first?.text("model-repository") == "/models")
        // The host's network leaves nothing for the engine to publish.
        #expect(project.serverCommands.first?.reach == .anyone)
    }

    @Test("A pod gives its containers what they do not say themselves")
    func pod() throws {
        let manifest = """
            # Source: chart/templates/deployment.yaml
            ---
            ---
            apiVersion: v1
            kind: List
            items:
            - apiVersion: apps/v1
              kind: Deployment
              metadata: {name: a, namespace: n}
              spec:
                template:
                  metadata:
                    annotations:
                      container.apparmor.security.beta.kubernetes.io/b: unconfined
                  spec:
                    hostPID: true
                    serviceAccountName: s
                    automountServiceAccountToken: false
                    securityContext: {runAsUser: 1000, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
                    initContainers:
                    - name: i
                    containers:
                    - name: b
                      securityContext: {runAsUser: 0, allowPrivilegeEscalation: false}
                      volumeMounts: [{name: m, mountPath: /models, readOnly: true}, {name: h, mountPath: /h}]
                      command: [sh, -c]
                      args: ["exec tritonserver --http-port 80"]
                    volumes:
                    - name: m
                      persistentVolumeClaim: {claimName: m}
                    - name: h
                      hostPath: {path: /etc}
            """
        let project = subjects(["all.yaml": manifest])
        #expect(project.containers.map(\.name) == ["b", "i"])
        let container = try #require(project.containers.first)
        #expect(container.user?.value == "0")
        #expect(container.runAsNonRoot?.value == true)
        #expect(container.noNewPrivileges?.value == true)
        #expect(container.seccomp?.value == "RuntimeDefault")
        #expect(container.appArmor?.value == "unconfined")
        #expect(container.mounts.map(\.kind) == [.volume, .host])
        #expect(container.mounts.map(\.isReadOnly) == [true, false])
        #expect(project.containers.last?.isTransient == true)
        let workload = try #require(project.workloads.first)
        #expect(workload.namespace?.value == "n")
        #expect(workload.pod?.hostNamespaces.map(\.kind) == [.pid])
        #expect(workload.pod?.hostPaths.map(\.value) == ["/etc"])
        #expect(project.serverCommands.first?.text("http-port") == "80")
    }

    @Test("KServe's predictor is a container, also without one")
    func predictor() throws {
        let text = """
            apiVersion: serving.kserve.io/v1beta1
            kind: InferenceService
            metadata: {name: a}
            spec:
              predictor:
                model:
                  modelFormat: {name: onnx}
                  resources: {limits: {memory: 4Gi}}
            """
        let container = try #require(subjects(["a.yaml": text]).containers.first)
        #expect(container.name == "model")
        #expect(container.memoryLimit?.value == "4Gi")
    }

    @Test(
        "Containers, whatever resource they stand in",
        arguments: [
            ("InferenceService", "predictor: {triton: {image: a}}", ["triton"]),
            (
                "InferenceService", "predictor: {containers: [{name: a}], workerSpec: {containers: [{name: b}]}}",
                ["a", "b"]
            ),
            (
                "InferenceService", "{transformer: {containers: [{name: t}]}, explainer: {alibi: {type: X}}}",
                ["t", "alibi"]
            ),
            ("Workflow", "templates: [{name: a, script: {image: b, command: [bash], source: x}}]", ["a"]),
            (
                "WorkflowTemplate",
                "templates: [{name: a, container: {image: b}, sidecars: [{name: s, image: c}], initContainers: "
                    + "[{name: i, image: d}]}, {name: t, steps: [[{name: x, template: a}]]}]", ["i", "s", "a"]
            ),
            (
                "RayService", "rayClusterConfig: {workerGroupSpecs: [{template: {spec: {containers: [{name: w}]}}}]}",
                ["w"]
            ),
            ("LeaderWorkerSet", "leaderWorkerTemplate: {workerTemplate: {spec: {containers: [{name: l}]}}}", ["l"]),
            ("Task", "steps: [{name: s, image: a, script: 'curl x'}]", ["s"]),
            ("Unheard", "spec: {template: {spec: {containers: [{name: u}]}}}", ["u"]),
        ]
    )
    func resources(_ kind: String, _ spec: String, _ names: [String]) {
        let spec = spec.hasPrefix("{") ? spec : "{\(spec)}"
        let manifest = "{apiVersion: a/v1, kind: \(kind), metadata: {name: m}, spec: \(spec)}"
        #expect(subjects(["a.yaml": manifest]).containers.map(\.name) == names)
    }

    @Test("Changes within changes end")
    func changes() {
        let depth = 60
        let text =
            String(repeating: "{\"op\":\"add\",\"path\":\"/a/b/c/d\",\"value\":", count: depth)
            + "{\"securityContext\":{\"privileged\":true}}" + String(repeating: "}", count: depth)
        #expect(subjects(["ops.json": text]).containers.map { $0.privileged?.value } == [true])
    }

    @Test("All pods of a document count, and what a resource gives to pods of its own")
    func severalPods() throws {
        let text = """
            apiVersion: a/v1
            kind: Cluster
            metadata: {name: m}
            spec:
              head: {template: {spec: {automountServiceAccountToken: false, containers: [{name: h}]}}}
              workers: {template: {spec: {hostPID: true, containers: [{name: w}]}}}
              podSecurityContext: {runAsUser: 0}
              volumes: [{name: v, hostPath: {path: /etc}}]
            """
        let project = subjects(["a.json": text])
        let pod = try #require(project.workloads.first?.pod)
        #expect(pod.hostNamespaces.map(\.kind) == [.pid])
        #expect(pod.hostPaths.map(\.value) == ["/etc"])
        #expect(pod.mountsToken == nil)
        #expect(project.containers.map { $0.user?.value } == [nil, nil, "0"])
        #expect(project.containers.map(\.isWhole) == [true, true, false])
    }

    @Test(
        "docker run, its options and the image behind them",
        arguments: [
            "docker run --rm -it -p 8000:8000 -v $PWD/m:/models:ro --gpus=all --memory 4g image:1 tritonserver --a b",
            "sudo docker container run -dp 8000:8000 -v/m:/models:ro --gpus all -m4g image:1 tritonserver --a b",
            "podman run --publish=8000:8000 --mount=type=bind,src=/m,dst=/models,ro --gpus all -m=4g $OPTS image:1 "
                + "tritonserver --a b",
        ]
    )
    func dockerRun(_ line: String) throws {
        let project = subjects(["run.sh": line])
        let container = try #require(project.containers.first)
        #expect(container.image?.value == "image:1")
        #expect(container.ports.map(\.hostPort) == ["8000"])
        #expect(container.mounts.map(\.target) == ["/models"])
        #expect(container.mounts.map(\.isReadOnly) == [true])
        #expect(container.gpus.map(\.devices) == [.all])
        #expect(container.memoryLimit?.value == "4g")
        #expect(project.serverCommands.map { $0.text("a") } == ["b"])
    }

    @Test(
        "Servers, whatever starts them",
        arguments: [
            "mpirun -n 1 --allow-run-as-root /opt/bin/tritonserver --x=1 --y --z",
            "exec tritonserver --x 1 --y --z false", "nohup tritonserver --x=1 --y=true --z > log 2>&1 &",
        ]
    )
    func servers(_ line: String) throws {
        let command = try #require(subjects(["run.sh": line]).serverCommands.first)
        #expect(command.program == .triton)
        #expect(command.text("x") == "1")
        #expect(command.isOn("y"))
    }

    @Test("What ENTRYPOINT and CMD start together")
    func entryPoint() throws {
        let text = "FROM a AS b\nENTRYPOINT [\"tritonserver\"]\nFROM b\nCMD [\"--http-port\", \"1\"]\n"
        #expect(subjects(["Dockerfile": text]).serverCommands.first?.text("http-port") == "1")
    }

    @Test("Settings in a file are a command line's")
    func settings() throws {
        let project = subjects(["conf/buckler.yaml": "http-address: 0.0.0.0\nmodel-repository: [/a, /b]\n"])
        let command = try #require(project.serverCommands.first)
        #expect(command.program == .buckler)
        #expect(command.all("model-repository").map { $0.value?.text } == ["/a", "/b"])
    }
}

@Suite("Mends of containers")
struct ContainerFixTests {
    private func mended(_ text: String, _ rule: String, _ file: String = "a.yaml") -> String? {
        let result = Audit().run(MemoryTree([file: Array(text.utf8)]))
        guard let fix = result.findings.first(where: { $0.rule == rule })?.fix else { return nil }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for edit in fix.edits.reversed() {
            lines.replaceSubrange((edit.lines.lowerBound - 1)..<(edit.lines.upperBound - 1), with: edit.replacement)
        }
        return lines.joined(separator: "\n")
    }

    @Test("privileged is turned around, in either style")
    func privileged() {
        #expect(
            mended("securityContext:\n  privileged: true # x\n", "BKL-D001")
                == "securityContext:\n  privileged: false # x\n"
        )
        #expect(mended("securityContext: {privileged: yes}\n", "BKL-D001") == "securityContext: {privileged: false}\n")
    }

    @Test("A mount of models gets its :ro")
    func readOnly() {
        let text = "services:\n  a:\n    image: b\n    volumes:\n    - ./models:/models\n"
        #expect(mended(text, "BKL-D037")?.contains("    - ./models:/models:ro\n") == true)
        let quoted = "services:\n  a:\n    image: b\n    volumes: [\"./models:/models\"]\n"
        #expect(mended(quoted, "BKL-D037").map { $0.contains("[\"./models:/models:ro\"]") } ?? true)
        let pod = "containers:\n- name: a\n  volumeMounts:\n  - mountPath: /models\n    name: m\n"
        #expect(mended(pod, "BKL-D037")?.contains("  - mountPath: /models\n    readOnly: true\n    name: m\n") == true)
    }

    @Test("A truth value that an anchor brings along is mended where it stands, or not at all")
    func anchors() {
        let text = "x-a: &a\n  privileged: true\nservices:\n  b:\n    <<: *a\n    image: c\n"
        #expect(mended(text, "BKL-D001")?.contains("x-a: &a\n  privileged: false\n") == true)
    }
}

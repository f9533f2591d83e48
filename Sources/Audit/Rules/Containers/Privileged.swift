// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerPrivileged = Rule(
        id: "BKL-D001",
        title: "Container is privileged",
        severity: .error,
        why: """
            A privileged container has every capability, all devices of the host and no confinement: whoever runs code in \
            the model server owns the machine.
            """,
        mend: "Drop `privileged`; give single devices or capabilities if something truly needs them.",
        references: [
            .cwe(250), .cwe(269), .owasp("A05:2025"), .podSecurity("baseline"), .cisDocker("5.5"),
            .kubeLinter("privileged-container"), .kubesec("Privileged"), .checkov("CKV_K8S_16"), .trivy("KSV-0017"),
            .sheet("BentoML: Secure BentoML Deployment Configuration"),
            .sheet("Triton: Enforce GPU and Memory Isolation"),
        ],
        bad: [
            .container("securityContext:\n  privileged: true"),
            .service("image: triton:1.0\nprivileged: true"),
            .script("docker run --privileged tritonserver"),
            .script("docker --context d run --privileged tritonserver"),
            .script("docker -H tcp://10.0.0.1:2376 --tlsverify container run --rm --privileged tritonserver"),
            .script("podman --remote --connection c create -dP --privileged=1 tritonserver"),
            .script("docker run --rm -v /srv/models:/models:ro ${X:---privileged} tritonserver"),
            .script("nerdctl -n k8s.io run --unknown-to-us --privileged tritonserver"),
            .script("docker exec --privileged -u root web sh"),
            .script("cat images | xargs docker run --privileged"),
            .script("OPTIONS=(--rm --privileged)\ndocker run \"${OPTIONS[@]}\" tritonserver"),
            .script("docker compose -f a.yaml exec --privileged web sh"),
            .script("docker buildx build --allow security.insecure ."),
            .service("image: triton:1.0\nprivileged: ${PRIV:-true}"),
            .service("image: triton:1.0\nprivileged: \"${PRIV-yes}\""),
            .service("image: triton:1.0\npost_start:\n- command: ./init\n  user: '1000'\n  privileged: true"),
            .service("build:\n  context: .\n  privileged: true"),
            .service("build:\n  context: .\n  entitlements: [security.insecure]"),
            .file("compose.yaml", "services:\n  a:\n    image: a:1.0\n    privileged: true\n  b:\n"),
            .container("securityContext:\n  privileged: y"),
            .container("securityContext:\n  privileged: !!bool \"true\""),
            .file(
                "service.yaml",
                "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: a}\nspec:\n"
                    + "  predictor:\n    triton:\n      storageUri: s3://m\n      securityContext: {privileged: true}\n"
            ),
            .file(
                "workflow.yaml",
                "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {generateName: a-}\nspec:\n  templates:\n"
                    + "  - name: train\n    container: {image: 'a:1', securityContext: {privileged: true}}\n"
            ),
            .file(
                "patch.json",
                "{\"apiVersion\":\"a/v1\",\"kind\":\"Cron\",\"spec\":{\"podSpecPatch\":"
                    + "\"{\\\"containers\\\":[{\\\"securityContext\\\":{\\\"privileged\\\":true}}]}\"}}"
            ),
            .file("values.yaml", "triton:\n  securityContext:\n    privileged: true\n"),
            .file("patch.yaml", "spec:\n  containers:\n  - name: a\n    securityContext: {privileged: true}\n"),
            .file(
                "ops.json",
                "[{\"op\":\"add\",\"path\":\"/spec/containers/0/securityContext/privileged\",\"value\":true}]"
            ),
            .dockerfile("# syntax=docker/dockerfile:1-labs\nFROM debian:12\nRUN --security=insecure ./build"),
            .dockerfile("FROM debian:12\nARG MODE=insecure\nONBUILD RUN --network=none --security=$MODE ./build"),
            .file(
                "pod.yaml",
                "apiVersion: v1\nkind: Pod\nop: add\npath: /a\nvalue: b\nspec:\n  containers:\n  - name: a\n"
                    + "    securityContext: {privileged: true}\n"
            ),
            .file(
                ".devcontainer/devcontainer.json",
                "// What editors run.\n{\n  \"name\": \"a\", /* \"b\": { */\n"
                    + "  \"runArgs\": [\"--init\", \"--privileged\"], // all\n}\n"
            ),
            .file(".devcontainer.json", "{\"image\": \"a:1.0\", \"privileged\": true}\n"),
            .script("kubectl run a --image=a:1 --privileged"),
            .script("kubectl -n x run a --image=a:1 --privileged=true -- sh"),
            .script(
                "kubectl run a --rm -it --image=a:1 --overrides='{\"spec\":{\"containers\":"
                    + "[{\"name\":\"a\",\"securityContext\":{\"privileged\":true}}]}}'"
            ),
            .script(
                "oc patch deployment a -p '{\"spec\":{\"template\":{\"spec\":{\"containers\":"
                    + "[{\"name\":\"a\",\"securityContext\":{\"privileged\":true}}]}}}}'"
            ),
            .file("fragment.yaml", "securityContext:\n  privileged: true\n"),
            .file(
                "kustomization.yaml",
                "resources: [base]\npatches:\n- target: {kind: Deployment}\n  patch: |-\n    - op: replace\n"
                    + "      path: /spec/template/spec/containers/0/securityContext/privileged\n      value: true\n"
            ),
            .file(
                "Kustomization",
                "resources: [base]\npatchesStrategicMerge:\n- a.yaml\n- |-\n  apiVersion: apps/v1\n  kind: Deployment\n"
                    + "  spec: {template: {spec: {containers: [{name: a, securityContext: {privileged: true}}]}}}\n"
            ),
            .file(
                "kustomization.yml",
                "kind: Kustomization\npatches:\n- patch: |-\n    kind: ConfigMap\n    ---\n    kind: Deployment\n"
                    + "    spec: {template: {spec: {containers: [{name: a, securityContext: {privileged: true}}]}}}\n"
            ),
        ],
        good: [
            .file(
                ".devcontainer/devcontainer.json",
                "{\n  // \"privileged\": true,\n  \"image\": \"mcr.example/devcontainers/python:3.11\",\n"
                    + "  \"runArgs\": [\"--init\"], \"containerEnv\": {\"A\": \"https://a.example//b\"}\n}\n"
            ),
            .container("securityContext:\n  privileged: false"),
            .service("image: triton:1.0"),
            .service("image: triton:1.0\nprivileged: ${PRIV:-false}"),
            .service("build:\n  context: .\n  privileged: false\n  entitlements: [device]"),
            .file(
                "kustomization.yaml",
                "resources: [base]\npatches:\n- path: a.yaml\n- patch: |-\n    - op: replace\n"
                    + "      path: /spec/template/spec/containers/0/securityContext/privileged\n      value: false\n"
            ),
            .file("values.yaml", "triton:\n  securityContext: {}\n  container: {image: a, privileged: true}\n"),
            .script("docker build --allow network.host -t privileged ."),
            .script("docker --context privileged ps --privileged"),
            .script("docker run tritonserver --privileged"),
            .script("kubectl run a --image=a:1 --privileged=false --overrides '{\"spec\": {}}'"),
            .dockerfile("FROM debian:12\nRUN --security=sandbox ./build --security=insecure"),
        ],
        checks: [
            .container { container, findings in
                guard let privileged = container.privileged, privileged.value else { return }
                findings.add(
                    privileged.place,
                    "\(container.described) runs privileged: it has every right of the host's root",
                    fix: .turn(privileged, in: container.lines)
                )
            },
            .dockerfile { file, findings in
                for instruction in file.instructions {
                    guard let mode = instruction.flag("security")?.value, mode.value == "insecure" else { continue }
                    findings.add(
                        mode.place,
                        "\(instruction.keyword) --security=insecure runs with every right of the building machine's root"
                    )
                }
            },
        ]
    )
}

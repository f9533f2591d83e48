# SPDX-License-Identifier: Apache-2.0
"""Dockerfiles, compose files and manifests with one defect each, made from hardened ones."""
from corpus import Defect

DIGEST = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

DOCKERFILE = f"""\
FROM python:3.11-slim@{DIGEST}
WORKDIR /app
COPY --chown=0:0 requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY --chown=0:0 serve.py ./
USER 10001:10001
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s CMD ["python", "/app/serve.py", "--probe"]
ENTRYPOINT ["python", "/app/serve.py"]
"""

COMPOSE = f"""\
services:
  server:
    image: registry.example/server@{DIGEST}
    user: "10001:10001"
    read_only: true
    cap_drop: [ALL]
    security_opt:
      - no-new-privileges:true
    pids_limit: 256
    mem_limit: 4g
    cpus: 2
    ports:
      - "127.0.0.1:8000:8000"
    volumes:
      - ./models:/models:ro
    environment:
      LOG_LEVEL: info
    healthcheck:
      test: ["CMD", "/usr/bin/server", "probe"]
      interval: 30s
    networks: [internal]
    deploy:
      resources:
        reservations:
          devices:
            - driver: nvidia
              device_ids: ["0"]
              capabilities: [gpu]
networks:
  internal:
    internal: true
"""

KUBERNETES = f"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: @APP@
  namespace: @APP@
spec:
  replicas: 2
  selector:
    matchLabels: {{app: @APP@}}
  template:
    metadata:
      labels: {{app: @APP@}}
    spec:
      serviceAccountName: server
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        fsGroup: 10001
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: server
          image: registry.example/server@{DIGEST}
          imagePullPolicy: Always
          ports:
            - containerPort: 8000
          env:
            - name: LOG_LEVEL
              value: info
          resources:
            limits: {{cpu: "2", memory: 4Gi}}
            requests: {{cpu: "1", memory: 2Gi}}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            - {{name: models, mountPath: /models, readOnly: true}}
          livenessProbe:
            httpGet: {{path: /v2/health/live, port: 8000}}
          readinessProbe:
            httpGet: {{path: /v2/health/ready, port: 8000}}
      volumes:
        - name: models
          persistentVolumeClaim: {{claimName: models}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: @APP@
  namespace: @APP@
spec:
  podSelector:
    matchLabels: {{app: @APP@}}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - podSelector:
            matchLabels: {{role: gateway}}
"""

NETWORK_POLICY = "---\napiVersion: networking" + KUBERNETES.split("---\napiVersion: networking")[1]


def changed(base, *edits):
    for old, new in edits:
        assert old in base, old
        base = base.replace(old, new, 1)
    return base


# Old text, new text; then, where the defect is a secret, True.
DOCKERFILES = [
    ("no user is set", ("USER 10001:10001\n", "")),
    ("user is root", ("USER 10001:10001", "USER root")),
    ("image by the tag latest", (f"3.11-slim@{DIGEST}", "latest")),
    ("image without tag", (f":3.11-slim@{DIGEST}", "")),
    ("image by tag, without digest", (f"@{DIGEST}", "")),
    ("ADD from an address", ("EXPOSE", "ADD https://example.com/model.onnx /models/\nEXPOSE")),
    ("ADD where COPY would do", ("COPY --chown=0:0 serve.py", "ADD --chown=0:0 serve.py")),
    ("secret in ENV", ("EXPOSE", "ENV AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzKEY\nEXPOSE"), True),
    ("secret as ARG with its value", ("EXPOSE", "ARG API_TOKEN=5f2b9c1d7e3a4b608c9d0e1f2a3b4c5d\nEXPOSE"), True),
    ("no health check", ('HEALTHCHECK --interval=30s --timeout=5s CMD ["python", "/app/serve.py", "--probe"]\n', "")),
    ("pip package without version", ("--require-hashes -r requirements.lock", "numpy")),
    ("apt package without version",
     ("WORKDIR /app\n", "WORKDIR /app\nRUN apt-get update && apt-get install -y --no-install-recommends libgomp1\n")),
    ("script from the network into a shell",
     ("EXPOSE", "RUN curl -fsSL https://example.com/install.sh | bash\nEXPOSE")),
    ("certificates not checked by curl",
     ("EXPOSE", "RUN curl -k -o /app/m.onnx https://example.com/m.onnx\nEXPOSE")),
    ("certificates not checked by pip", ("--require-hashes", "--trusted-host pypi.example --require-hashes")),
    ("sudo", ("RUN pip", "RUN sudo pip")),
    ("port of SSH", ("EXPOSE 3000", "EXPOSE 3000 22")),
    ("files writable to all", ("USER 10001", "RUN chmod -R 777 /app\nUSER 10001")),
    ("set-user-id program", ("USER 10001", "RUN chmod u+s /usr/bin/python3\nUSER 10001")),
    (".env is copied in", ("COPY --chown=0:0 serve.py ./", "COPY --chown=0:0 serve.py .env ./")),
    ("WORKDIR is relative", ("WORKDIR /app", "WORKDIR app")),
]

COMPOSES = [
    ("privileged", ("    read_only", "    privileged: true\n    read_only")),
    ("user is root", ('"10001:10001"', "root")),
    ("no user is set", ('    user: "10001:10001"\n', "")),
    ("processes can gain rights", ("    security_opt:\n      - no-new-privileges:true\n", "")),
    ("root file system can be written", ("    read_only: true\n", "")),
    ("capabilities are not dropped", ("    cap_drop: [ALL]\n", "")),
    ("capability SYS_ADMIN is added", ("    cap_drop: [ALL]", "    cap_drop: [ALL]\n    cap_add: [SYS_ADMIN]")),
    ("seccomp is off", ("privileges:true", "privileges:true\n      - seccomp:unconfined")),
    ("AppArmor is off", ("privileges:true", "privileges:true\n      - apparmor:unconfined")),
    ("no memory limit", ("    mem_limit: 4g\n", "")),
    ("no CPU limit", ("    cpus: 2\n", "")),
    ("no limit of processes", ("    pids_limit: 256\n", "")),
    ("engine's socket is mounted",
     ("      - ./models:/models:ro", "      - ./models:/models:ro\n      - /var/run/docker.sock:/var/run/docker.sock")),
    ("host's /etc is mounted", ("      - ./models:/models:ro", "      - ./models:/models:ro\n      - /etc:/host/etc")),
    ("network of the host", ("    networks: [internal]", "    network_mode: host")),
    ("process namespace of the host", ("    networks:", "    pid: host\n    networks:")),
    ("IPC namespace of the host", ("    networks:", "    ipc: host\n    networks:")),
    ("device of the host", ("    networks:", "    devices: [\"/dev/mem:/dev/mem\"]\n    networks:")),
    ("secret in environment",
     ("LOG_LEVEL: info", "AWS_SECRET_ACCESS_KEY: wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzKEY"), True),
    ("image by the tag latest", (f"server@{DIGEST}", "server:latest")),
    ("any GPU", ('device_ids: ["0"]', "count: all")),
    ("model repository can be written", ("./models:/models:ro", "./models:/models")),
    ("port open on every address", ('"127.0.0.1:8000:8000"', '"8000:8000"')),
    ("no health check",
     ('    healthcheck:\n      test: ["CMD", "/usr/bin/server", "probe"]\n      interval: 30s\n', "")),
]

LIMITS = 'limits: {cpu: "2", memory: 4Gi}'
MOUNT = "            - {name: models, mountPath: /models, readOnly: true}"
VOLUME = "          persistentVolumeClaim: {claimName: models}"


def host_path(path):
    return ((MOUNT, MOUNT + "\n            - {name: host, mountPath: /host, readOnly: true}"),
            (VOLUME, VOLUME + f"\n        - name: host\n          hostPath: {{path: {path}}}"))


POD = "      automountServiceAccountToken: false"
MANIFESTS = [
    ("privileged", ("allowPrivilegeEscalation: false", "privileged: true")),
    ("user is root", ("runAsNonRoot: true\n        runAsUser: 10001", "runAsUser: 0")),
    ("no user is set", ("        runAsNonRoot: true\n        runAsUser: 10001\n", "")),
    ("user below 10000", ("runAsUser: 10001", "runAsUser: 1000")),
    ("processes can gain rights", ("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true")),
    ("root file system can be written", ("            readOnlyRootFilesystem: true\n", "")),
    ("capabilities are not dropped", ("            capabilities:\n              drop: [ALL]\n", "")),
    ("capability SYS_ADMIN is added", ("drop: [ALL]", "drop: [ALL]\n              add: [SYS_ADMIN]")),
    ("no seccomp profile", ("        seccompProfile:\n          type: RuntimeDefault\n", "")),
    ("seccomp is off", ("type: RuntimeDefault", "type: Unconfined")),
    ("AppArmor is off", ("      labels: {app: @APP@}\n    spec:",
                         "      labels: {app: @APP@}\n      annotations:\n        "
                         "container.apparmor.security.beta.kubernetes.io/server: unconfined\n    spec:")),
    ("no CPU limit", (LIMITS, "limits: {memory: 4Gi}")),
    ("no memory limit", (LIMITS, 'limits: {cpu: "2"}')),
    ("no CPU request", ('requests: {cpu: "1", memory: 2Gi}', "requests: {memory: 2Gi}")),
    ("no memory request", ('requests: {cpu: "1", memory: 2Gi}', 'requests: {cpu: "1"}')),
    ("engine's socket is mounted", *host_path("/var/run/docker.sock")),
    ("host's /etc is mounted", *host_path("/etc")),
    ("network of the host", (POD, POD + "\n      hostNetwork: true")),
    ("process namespace of the host", (POD, POD + "\n      hostPID: true")),
    ("IPC namespace of the host", (POD, POD + "\n      hostIPC: true")),
    ("port of the host", ("containerPort: 8000", "containerPort: 8000\n              hostPort: 8000")),
    ("secret in environment",
     ("name: LOG_LEVEL\n              value: info",
      "name: AWS_SECRET_ACCESS_KEY\n              value: wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzKEY"), True),
    ("image by the tag latest", (f"server@{DIGEST}", "server:latest")),
    ("image by tag, without digest", (f"server@{DIGEST}", "server:1.4.2")),
    ("no liveness probe",
     ("          livenessProbe:\n            httpGet: {path: /v2/health/live, port: 8000}\n", "")),
    ("no readiness probe",
     ("          readinessProbe:\n            httpGet: {path: /v2/health/ready, port: 8000}\n", "")),
    ("token for the cluster", ("automountServiceAccountToken: false", "automountServiceAccountToken: true")),
    ("no namespace", ("  namespace: @APP@\nspec:\n  replicas", "spec:\n  replicas")),
    ("no network policy", (NETWORK_POLICY, "")),
    ("unsafe kernel setting", ("        fsGroup: 10001",
                               "        fsGroup: 10001\n        sysctls: [{name: kernel.msgmax, value: \"65536\"}]")),
    ("/proc unmasked",
     ("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: true\n            procMount: Unmasked")),
    ("model repository can be written", (", readOnly: true", "")),
]

SERVICE = """\
---
apiVersion: v1
kind: Service
metadata:
  name: @APP@
  namespace: @APP@
spec:
  type: ClusterIP
  selector: {app: @APP@}
  ports:
    - {port: 8000, targetPort: 8000}
"""
INGRESS = """\
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: @APP@
  namespace: @APP@
spec:
  tls:
    - {hosts: [models.example], secretName: models-tls}
  rules:
    - host: models.example
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: {service: {name: server, port: {number: 8000}}}
"""


def slug(text):
    return "".join(letter if letter.isalnum() else "-" for letter in text.lower()).strip("-")


def rows():
    for group, file, base, table in (
        ("Dockerfiles", "Dockerfile", DOCKERFILE, DOCKERFILES),
        ("Compose files", "compose.yaml", COMPOSE, COMPOSES),
        ("Kubernetes manifests", "deployment.yaml", KUBERNETES, MANIFESTS),
    ):
        for title, *edits in table:
            secret = edits[-1] is True
            bad = changed(base, *(edits[:-1] if secret else edits))
            yield Defect(f"{slug(group)[:6]}-{slug(title)}", group, title, {file: bad.encode()},
                         {file: base.encode()}, secret=secret)
    for title, extra, edit in (
        ("service faces out", SERVICE, ("ClusterIP", "LoadBalancer")),
        ("ingress without TLS", INGRESS, ("  tls:\n    - {hosts: [models.example], secretName: models-tls}\n", "")),
    ):
        clean = KUBERNETES + extra
        yield Defect(f"kubern-{slug(title)}", "Kubernetes manifests", title,
                     {"deployment.yaml": changed(clean, edit).encode()}, {"deployment.yaml": clean.encode()})

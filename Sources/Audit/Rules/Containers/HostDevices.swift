// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerHostDevices = Rule(
        id: "BKL-D017",
        title: "Device of the host is passed in",
        severity: .error,
        why:
            "Through a disk or the machine's memory a container reads and changes everything on the host, past all mounts.",
        mend: "Pass in accelerators only, each by its name.",
        references: [.cwe(250), .cisDocker("5.18"), .podSecurity("baseline")],
        bad: [
            .service("image: triton:1.0\ndevices:\n- /dev/sda:/dev/sda"),
            .script("docker run --device=/dev/mem triton:1.0"),
            .script("docker run --device /dev/ttyUSB0 triton:1.0"),
            .script("docker run --device-cgroup-rule 'a *:* rwm' triton:1.0"),
            .script("docker run --device-cgroup-rule='b 8:* rwm' triton:1.0"),
            .service("image: triton:1.0\ndevice_cgroup_rules:\n- 'c 1:1 rw'"),
        ],
        good: [
            .service("image: triton:1.0\ndevices:\n- /dev/nvidia0:/dev/nvidia0"),
            .script("docker run --device=/dev/dri/renderD128 triton:1.0"),
            .script("docker run --device nvidia.com/gpu=0 triton:1.0"),
            .service("image: triton:1.0\ndevice_cgroup_rules:\n- 'c 195:* rmw'\n- 'c 226:128 rw'"),
        ],
        checks: [
            .container { container, findings in
                for device in container.devices {
                    let path = device.value.split(separator: ":").first.map(String.init) ?? ""
                    guard path.hasPrefix("/dev"), !accelerators.contains(where: path.hasPrefix) else { continue }
                    let isStrong = path == "/dev" || dangerousDevices.contains(where: path.hasPrefix)
                    findings.add(
                        device.place,
                        "\(container.described) is given the host's device \(Printed.quoted(path))",
                        weaker: isStrong ? nil : .warning
                    )
                }
                for rule in container.deviceRules {
                    guard let danger = danger(ofRule: rule.value) else { continue }
                    findings.add(
                        rule.place,
                        "\(container.described) may use the host's devices \(Printed.quoted(rule.value))",
                        weaker: danger
                    )
                }
            }
        ]
    )

    /// How bad a line as in `c 195:* rwm` is: disks and the machine's memory are all that there is on it.
    private static func danger(ofRule rule: String) -> Severity? {
        let parts = rule.split(whereSeparator: \.isWhitespace)
        let major = parts.dropFirst().first?.split(separator: ":").first ?? "*"
        guard parts.first == "c", major != "*", major != "1" else { return .error }
        return graphics.contains(major) ? nil : .warning
    }

    /// Major numbers of NVIDIA's devices and of those that render.
    private static let graphics: Set<Substring> = ["195", "226", "235", "510", "511"]

    private static let accelerators = [
        "/dev/nvidia", "/dev/dri", "/dev/kfd", "/dev/infiniband", "/dev/accel", "/dev/neuron", "/dev/habana", "/dev/hl",
        "/dev/apex", "/dev/shm", "/dev/dxg",
    ]
    private static let dangerousDevices = [
        "/dev/mem", "/dev/kmem", "/dev/port", "/dev/sd", "/dev/nvme", "/dev/vd", "/dev/xvd", "/dev/dm-", "/dev/mapper",
        "/dev/disk", "/dev/fuse", "/dev/kvm", "/dev/kmsg",
    ]
}

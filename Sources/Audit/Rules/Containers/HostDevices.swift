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
        ],
        good: [
            .service("image: triton:1.0\ndevices:\n- /dev/nvidia0:/dev/nvidia0"),
            .script("docker run --device=/dev/dri/renderD128 triton:1.0"),
            .script("docker run --device nvidia.com/gpu=0 triton:1.0"),
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
            }
        ]
    )

    private static let accelerators = [
        "/dev/nvidia", "/dev/dri", "/dev/kfd", "/dev/infiniband", "/dev/accel", "/dev/neuron", "/dev/habana", "/dev/hl",
        "/dev/apex", "/dev/shm", "/dev/dxg",
    ]
    private static let dangerousDevices = [
        "/dev/mem", "/dev/kmem", "/dev/port", "/dev/sd", "/dev/nvme", "/dev/vd", "/dev/xvd", "/dev/dm-", "/dev/mapper",
        "/dev/disk", "/dev/fuse", "/dev/kvm", "/dev/kmsg",
    ]
}

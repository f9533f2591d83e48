// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Engines

@Suite("Cgroups of workers") struct CgroupTests {
    @Test("are beneath this process' own, whatever part of the hierarchy is to be seen and where")
    func places() {
        let unified = CgroupPlaces(
            cgroup: "0::/system.slice/buckler.service\n",
            mounts: """
                25 30 0:23 / /sys rw shared:7 - sysfs sysfs rw
                29 25 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate
                """
        )
        #expect(unified.unified == "/sys/fs/cgroup/system.slice/buckler.service")
        #expect(unified.split.isEmpty)
        let split = CgroupPlaces(
            cgroup: "5:memory:/docker/ab/cd\n4:cpu,cpuacct:/docker/ab\n3:pids:/docker/xy\n1:name=systemd:/\n0::/\n",
            mounts: """
                32 31 0:29 /docker/ab /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
                35 31 0:32 /docker/ab /sys/fs/cgroup/mem\\040ory rw,relatime master:3 - cgroup cgroup rw,memory
                36 31 0:33 /docker/x /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
                41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
                """
        )
        #expect(split.split["memory"] == "/sys/fs/cgroup/mem ory/cd")
        #expect(split.split["cpu"] == "/sys/fs/cgroup/cpu,cpuacct")
        #expect(split.split["pids"] == nil, "a name that only begins like the root is not beneath it")
        #expect(split.unified == "/sys/fs/cgroup/unified")
    }

    @Test(
        "are nowhere where the kernel's words make no sense",
        arguments: ["", "x", "0::/../..", "0:/", ":::::", "0::relative", "99999999999999999999::/a/../b"]
    )
    func nonsense(cgroup: String) {
        let mounts = "29 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n - \n1 2 - cgroup2\n\\777 - cgroup2 a b\n"
        let found = CgroupPlaces(cgroup: cgroup, mounts: mounts)
        #expect(found.unified == nil && found.split.isEmpty)
    }

    /// A tree of plain files stands for the kernel's: what is asked of it can be read there.
    private func tree(_ body: (String) throws -> Void) throws {
        let place = FileManager.default.temporaryDirectory.appending(path: "cgroups-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: place) }
        try body(place.path)
    }

    @Test("are bounded as the kernel's second version wants it")
    func unified() {
        let all = WorkerCgroup.unified(CgroupBounds(memoryBytes: 1 << 30, tasks: 520, processors: 1.5))
        #expect(
            all.map { "\($0.file)=\($0.value)" } == [
                "pids.max=520", "memory.max=1073741824", "memory.swap.max=0", "memory.oom.group=1",
                "cpu.max=150000 100000",
            ]
        )
        #expect(WorkerCgroup.unified(CgroupBounds(memoryBytes: nil, tasks: 1, processors: nil)).count == 1)
    }

    @Test("are bounded as its first version wants it, each controller by itself")
    func split() {
        let bounds = CgroupBounds(memoryBytes: 4096, tasks: 9, processors: 0.001)
        let texts = WorkerCgroup.Controller.allCases.flatMap { WorkerCgroup.split($0, bounds) }
            .map { "\($0.file)=\($0.value)" }
        #expect(
            texts == [
                "memory.limit_in_bytes=4096", "memory.memsw.limit_in_bytes=4096", "pids.max=9",
                "cpu.cfs_period_us=100000", "cpu.cfs_quota_us=1000",
            ]
        )
    }

    @Test("that do not take a bound are not there")
    func refused() throws {
        try tree { place in
            // A plain directory has no file to write to, and none is made.
            let settings = [WorkerCgroup.Setting(file: "pids.max", value: "1")]
            #expect(!WorkerCgroup.make(place + "/a", settings))
            #expect(!FileManager.default.fileExists(atPath: place + "/a"))
            let optional = [WorkerCgroup.Setting(file: "memory.oom.group", value: "1", isOptional: true)]
            #expect(WorkerCgroup.make(place + "/a", optional))
            #expect(!WorkerCgroup.make(place + "/a", optional), "nobody's else is taken over")
            let cgroup = WorkerCgroup(directories: [place + "/a"], controllers: [.memory], memoryBytes: 1)
            #expect(!cgroup.ranOutOfMemory)
            for (text, ended) in [
                ("oom 3\noom_kill 0\n", false), ("under_oom 0\noom_kill 1\n", true), ("oom_kill", false),
            ] {
                try Data(text.utf8).write(to: URL(fileURLWithPath: place + "/a/memory.events"))
                #expect(cgroup.ranOutOfMemory == ended)
            }
        }
    }

    @Test("of servers that are gone are cleared away, and nobody else's")
    func leftOvers() throws {
        try tree { place in
            let names = ["buckler-999999999-abc", "buckler-1-abc", "buckler-x", "other-999999999-1", "buckler--5-a"]
            for name in names {
                try FileManager.default.createDirectory(atPath: place + "/" + name, withIntermediateDirectories: false)
            }
            var places = CgroupPlaces(cgroup: "", mounts: "")
            places.split = ["pids": place]
            let cgroups = WorkerCgroups(places, machineBytes: 4000)
            #expect(cgroups.memoryBytes == 3000)
            let left = try FileManager.default.contentsOfDirectory(atPath: place).sorted()
            #expect(left == ["buckler--5-a", "buckler-1-abc", "buckler-x", "other-999999999-1"])
        }
    }

    @Test("cannot be had where nothing may be written, and a limit of the server's own counts")
    func none() throws {
        #expect(WorkerCgroups(CgroupPlaces(cgroup: "", mounts: "")).make(CgroupBounds(WorkerLimits())) == nil)
        try tree { place in
            try Data("2000\n".utf8).write(to: URL(fileURLWithPath: place + "/memory.limit_in_bytes"))
            var places = CgroupPlaces(cgroup: "", mounts: "")
            places.split = ["memory": place]
            #expect(WorkerCgroups(places, machineBytes: 4000).memoryBytes == 1500)
        }
    }
}

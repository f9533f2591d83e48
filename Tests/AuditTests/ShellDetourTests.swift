// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Detours of shell scripts")
struct ShellDetourTests {
    private func rules(_ text: String) -> Set<String> {
        Set(Audit().run(MemoryTree(["run.sh": Array(text.utf8)])).findings.map(\.rule))
    }

    @Test(
        "A container is seen whoever starts it, and however its options are put in",
        arguments: [
            "docker run $(echo --privileged) img:1", "docker run `echo --privileged` img:1",
            "docker run \"$(printf %s --privileged)\" img:1", "docker run $(printf -- '--%s' privileged) img:1",
            "X=$(echo --privileged)\ndocker run $X img:1",
            "$(echo docker run --privileged img:1)", "echo `echo \\`docker run --privileged img:1\\``",
            "echo \"`echo \\`echo \\\\\\`docker run --privileged img:1\\\\\\`\\``\"",
            "tmux new -d \"docker run --privileged img:1\"",
            "tmux -L s new-session -d -s a docker run --privileged img:1",
            "tmux send-keys -t a \"docker run --privileged img:1\" Enter",
            "screen -dmS a docker run --privileged img:1", "screen -dm bash -c 'docker run --privileged img:1'",
            "docker run 2>&- --privileged img:1", "docker run <&- --privileged img:1",
            "docker run $TTY --privileged img:1", "docker run --rm \"$@\" --privileged img:1",
            "docker run ${GPUS} -it --privileged img:1", "runuser -u x -- docker run --privileged img:1",
            "nsenter -t 1 -m docker run --privileged img:1", "echo docker run --privileged img:1 | at now",
        ]
    )
    func privileged(_ text: String) { #expect(rules(text).contains("BKL-D001"), "\(text)") }

    @Test(
        "What is only printed, or named, starts nothing",
        arguments: [
            "docker run $(echo --rm) img:1", "docker run $IMAGE --privileged", "docker run $1 --privileged",
            "docker run $APP --verbose --privileged", "tmux attach -t 'docker run --privileged img:1'",
            "tmux kill-session -t 'docker run --privileged img:1'", "screen -ls 'docker run --privileged img:1'",
            "docker run $(echo $OPTIONS) img:1", "docker run $(./options --privileged) img:1",
            "echo '\\`docker run --privileged img:1\\`'",
        ]
    )
    func harmless(_ text: String) { #expect(!rules(text).contains("BKL-D001"), "\(text)") }

    @Test(
        "A path of the host is one by whatever name",
        arguments: [
            "cd /\ndocker run -v \"$(pwd):/h\" img:1", "cd / && docker run -v $PWD:/h img:1",
            "cd /\ncd etc\ndocker run -v `pwd -P`:/h img:1", "docker volume create -o device=/ all",
            "docker volume create --driver local --opt type=none --opt o=bind,rw --opt device=/etc all",
        ]
    )
    func hostPaths(_ text: String) { #expect(rules(text).contains("BKL-D015"), "\(text)") }

    @Test(
        "Where a script is must be known",
        arguments: [
            "docker run -v $PWD:/h img:1", "cd /\ncd \"$(dirname \"$0\")\"\ndocker run -v $PWD:/h img:1",
            "(cd /; ls)\ndocker run -v $(pwd):/h img:1", "cd /\n(cd /srv/a; docker run -v $PWD:/h img:1)",
            "test -d a && cd /\ndocker run -v $PWD:/h img:1", "cd / && cd /srv/a; docker run -v $PWD:/h img:1",
            "docker volume create --opt type=nfs --opt o=addr=a --opt device=:/a all", "docker volume create all",
            "docker volume create -o type=tmpfs -o device=tmpfs all", "docker volume create -o device=/srv/models all",
        ]
    )
    func unknownPaths(_ text: String) { #expect(!rules(text).contains("BKL-D015"), "\(text)") }
}

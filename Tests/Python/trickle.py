# SPDX-License-Identifier: Apache-2.0
"""Opens connections that send a byte of a request each second: trickle.py PORT COUNT ADDRESS...

Prints how many are open once all are opened or refused, and goes on until it is ended. Needs no package.
"""
import resource
import select
import socket
import sys
import time

HEAD = b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"a" * 4096


def dial(port, address):
    connection = socket.socket()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.bind((address, 0))
    connection.settimeout(10)
    connection.connect(("127.0.0.1", port))
    connection.setblocking(False)
    return connection


class Crowd:
    def __init__(self):
        self.poll = select.epoll()
        self.open = {}

    def add(self, connection):
        self.open[connection.fileno()] = (connection, 0)
        self.poll.register(connection.fileno(), select.EPOLLIN | select.EPOLLRDHUP)

    def drop(self, number):
        if number in self.open:
            self.poll.unregister(number)
            self.open.pop(number)[0].close()

    def notice_ends(self, seconds=0.0):
        for number, _ in self.poll.poll(seconds, 1 << 14):
            self.drop(number)

    def send(self):
        for number, (connection, sent) in list(self.open.items()):
            try:
                connection.send(HEAD[sent:sent + 1])
                self.open[number] = (connection, sent + 1)
            except OSError:
                self.drop(number)


def main(port, count, addresses):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    crowd = Crowd()
    due = time.monotonic() + 1
    for index in range(count):
        try:
            crowd.add(dial(port, addresses[index % len(addresses)]))
        except OSError:
            pass
        if time.monotonic() >= due:
            due += 1
            crowd.notice_ends()
            crowd.send()
    # Those that the server has not looked at yet may still be refused.
    settled = time.monotonic() + 1.5
    while (now := time.monotonic()) < settled:
        known = len(crowd.open)
        crowd.notice_ends(0.1)
        if len(crowd.open) != known:
            settled = now + 1.5
        if now >= due:
            due += 1
            crowd.send()
    print(len(crowd.open), flush=True)
    while True:
        crowd.notice_ends(max(0.0, due - time.monotonic()))
        if time.monotonic() >= due:
            due += 1
            crowd.send()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])

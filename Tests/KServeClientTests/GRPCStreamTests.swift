// SPDX-License-Identifier: Apache-2.0
import KServeClient
import NIOCore
import NIOHPACK
import Testing

@Suite struct GRPCStreamTests {
    private static let head: HPACKHeaders = [":status": "200", "content-type": "application/grpc+proto"]

    private func framed(_ messages: [[UInt8]]) -> [UInt8] {
        messages.flatMap { Array(GRPCMessageReader.framed($0).readableBytesView) }
    }

    @Test(arguments: [1, 2, 4, 5, 6, 7, 100])
    func cutsMessagesHoweverTheyArrive(inPiecesOf size: Int) throws {
        let messages: [[UInt8]] = [[1, 2, 3], [], [4], Array(repeating: 5, count: 40)]
        var reader = GRPCMessageReader(limit: 40)
        var read: [[UInt8]] = []
        var rest = framed(messages)[...]
        while !rest.isEmpty {
            var part = ByteBuffer(bytes: rest.prefix(size))
            rest = rest.dropFirst(size)
            while let message = try reader.next(in: &part) { read.append(Array(message.readableBytesView)) }
        }
        #expect(read == messages)
        #expect(reader.isBetweenMessages)
    }

    @Test(arguments: [1, 5, 100])
    func boundsMessages(inPiecesOf size: Int) {
        var reader = GRPCMessageReader(limit: 39)
        #expect(throws: GRPCFramingError.tooLarge(limit: 39)) {
            var rest = framed([Array(repeating: 5, count: 40)])[...]
            while !rest.isEmpty {
                var part = ByteBuffer(bytes: rest.prefix(size))
                rest = rest.dropFirst(size)
                _ = try reader.next(in: &part)
            }
        }
    }

    @Test func refusesCompression() {
        var reader = GRPCMessageReader(limit: 9)
        var part = ByteBuffer(bytes: [1, 0, 0, 0, 0])
        #expect(throws: GRPCFramingError.compressed) { try reader.next(in: &part) }
    }

    private func state(messageLimit: Int = 100, window: Int = 40) -> GRPCStreamState {
        GRPCStreamState(messageLimit: messageLimit, window: window)
    }

    @Test func givesMessagesThenTheStatus() throws {
        var state = state()
        try state.headersArrived([":status": "103"], endStream: false)
        try state.headersArrived(Self.head, endStream: false)
        try state.dataArrived(ByteBuffer(bytes: framed([[1], [2]])), flowControlled: 12, endStream: false)
        try state.headersArrived(["grpc-status": "5", "grpc-message": "x"], endStream: true)
        #expect(state.status == nil)
        #expect(state.takeMessage() == ByteBuffer(bytes: [1]))
        #expect(state.takeMessage() == ByteBuffer(bytes: [2]))
        #expect(state.status == GRPCStatus(code: 5, message: "x"))
    }

    @Test func readsTrailersAlone() throws {
        var state = state()
        try state.headersArrived([":status": "200", "grpc-status": "12"], endStream: true)
        #expect(state.status == GRPCStatus(code: 12))
    }

    @Test func noticesWhatIsNoAnswer() throws {
        var state = self.state()
        #expect(throws: GRPCStatus.self) { try state.headersArrived([":status": "404"], endStream: false) }
        #expect(state.status?.code == 12)
        state = self.state()
        #expect(throws: GRPCStatus.self) {
            try state.headersArrived([":status": "200", "content-type": "text/html"], endStream: false)
        }
        state = self.state()
        #expect(throws: GRPCStatus.self) {
            try state.dataArrived(ByteBuffer(), flowControlled: 0, endStream: false)
        }
        state = self.state()
        try state.headersArrived(Self.head, endStream: false)
        try state.dataArrived(ByteBuffer(bytes: [0, 0]), flowControlled: 2, endStream: false)
        #expect(throws: GRPCStatus.self) { try state.headersArrived(["grpc-status": "0"], endStream: true) }
        #expect(state.status?.code == GRPCStatus.internalError)
        state = self.state()
        try state.headersArrived(Self.head, endStream: false)
        try state.dataArrived(ByteBuffer(), flowControlled: 0, endStream: true)
        #expect(state.status?.code == GRPCStatus.unknown)
    }

    @Test func opensTheWindowOnceMessagesAreTaken() throws {
        var state = state(messageLimit: 20, window: 40)
        try state.headersArrived(Self.head, endStream: false)
        try state.dataArrived(ByteBuffer(bytes: framed([[1], [2]])), flowControlled: 12, endStream: false)
        #expect(state.takeCredit() == 0)
        _ = state.takeMessage()
        #expect(state.takeCredit() == 0)
        _ = state.takeMessage()
        #expect(state.takeCredit() == 12)
        #expect(state.takeCredit() == 0)
        // The start of a message has to go on coming, so its bytes are given back at once.
        try state.dataArrived(
            ByteBuffer(bytes: framed([Array(repeating: 1, count: 20)]).prefix(15)),
            flowControlled: 15,
            endStream: false
        )
        #expect(state.takeCredit() == 15)
    }
}

// SPDX-License-Identifier: Apache-2.0
import KServeClient
import NIOHPACK
import Testing

@Suite struct GRPCStatusTests {
    @Test(arguments: [
        ("plain", "plain"), ("f%C3%B6rm", "förm"), ("100%", "100%"), ("%4", "%4"), ("%zz", "%zz"), ("%25%41%61", "%Aa"),
        ("a%0Ab", "a\nb"),
    ])
    func decodesMessages(_ sent: String, read: String) {
        let trailers: HPACKHeaders = ["grpc-status": "5", "grpc-message": sent]
        #expect(GRPCStatus(trailers: trailers) == GRPCStatus(code: 5, message: read))
    }

    @Test func namesCodes() {
        #expect(GRPCStatus(code: 5, message: "gone").description == "NOT_FOUND: gone")
        #expect(GRPCStatus(code: 16).name == "UNAUTHENTICATED")
        #expect(GRPCStatus(code: 17).name == "status 17")
        #expect(GRPCStatus(trailers: ["grpc-status": "x"])?.code == 2)
        #expect(GRPCStatus(trailers: [:]) == nil)
    }

    @Test(arguments: [(0, 13), (7, 14), (8, 1), (11, 8), (12, 7)] as [(UInt32, Int)])
    func resetsHaveCodes(_ errorCode: UInt32, code: Int) {
        #expect(GRPCStatus(resetWith: errorCode).code == code)
    }

    @Test(arguments: [("400", 13), ("401", 16), ("403", 7), ("404", 12), ("503", 14), ("500", 2), ("", 2)])
    func proxiesHaveCodes(_ status: String, code: Int) {
        #expect(GRPCStatus(httpStatus: status).code == code)
    }
}

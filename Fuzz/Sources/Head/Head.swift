// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Inference
import NIOCore
import NIOEmbedded
import NIOHTTP1

/// What libFuzzer calls: no head may be taken that the parser behind the recogniser refuses or reads in another way.
@_cdecl("LLVMFuzzerTestOneInput")
func readHead(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    let limits = ConnectionLimits(profile: .secure)
    if let hot = HotHead(bytes, limits: limits) { check(hot, bytes, limits) }
    checkParts(bytes)
    return 0
}

private func check(_ hot: HotHead, _ bytes: UnsafeRawBufferPointer, _ limits: ConnectionLimits) {
    precondition((1...bytes.count).contains(hot.byteCount), "a head ends outside of its bytes")
    let head = UnsafeRawBufferPointer(rebasing: bytes[..<hot.byteCount])
    let shorter = UnsafeRawBufferPointer(rebasing: head.dropLast())
    precondition(HotHead(head, limits: limits) == hot, "a head depends on what follows it")
    precondition(HotHead(shorter, limits: limits) == nil, "a head was taken that is not whole")
    let channel = EmbeddedChannel(handler: ByteToMessageHandler(HTTPRequestDecoder(limits)))
    do {
        try channel.writeInbound(ByteBuffer(bytes: head))
        guard case .head(let parsed)? = try channel.readInbound(as: HTTPServerRequestPart.self) else {
            preconditionFailure("the parser has no head")
        }
        precondition(parsed.method == .POST && parsed.version == .http1_1 && parsed.isKeepAlive)
        precondition(RouteTable.match(parsed.uri) == .model(hot.path, .infer), "another path")
        let request = InferRequestHead(parsed.headers)
        precondition(RequestFault(request, isHTTP10: false) == nil, "a head that is at fault")
        precondition(request == hot.request && request.contentLength == hot.contentLength, "other headers")
        precondition(Set(parsed.headers.map { $0.name.lowercased() }).count == parsed.headers.count, "one twice")
        let next = try channel.readInbound(as: HTTPServerRequestPart.self)
        precondition((next == .end(nil)) == (hot.contentLength == 0), "another body")
    } catch {
        preconditionFailure("the parser refuses a head that was taken: \(error)")
    }
    _ = try? channel.finish(acceptAlreadyClosed: true)
}

/// Paths and headers are read on the slow way too, whatever they are.
private func checkParts(_ bytes: UnsafeRawBufferPointer) {
    let text = String(decoding: bytes, as: UTF8.self)
    if case .model(let path, _)? = RouteTable.match(text) {
        precondition(!path.name.isEmpty, "a model without a name")
        _ = try? path.version()
    }
    var head = InferRequestHead()
    for value in text.split(separator: "\n", maxSplits: 16) {
        for header in [InferHeader.expect, .contentEncoding, .acceptEncoding, .contentLength, .inferenceHeaderLength] {
            head.take(header, String(value))
        }
    }
    _ = try? head.inferenceHeaderLength()
    precondition((head.contentLength ?? 0) == head.contentLength ?? 0)
}

// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOCore

extension ControlDocuments {
    /// `[{"name","key","offset","byte_size"}]`
    package static func sharedMemory(_ regions: [SharedMemoryRegion]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeJSONArray(regions) { region, buffer in
            buffer.writeStaticString("{\"name\":")
            buffer.writeJSONString(region.name)
            buffer.writeJSONKey("key")
            buffer.writeJSONString(region.key)
            buffer.writeJSONKey("offset")
            buffer.writeJSONInteger(region.offset)
            buffer.writeJSONKey("byte_size")
            buffer.writeJSONInteger(region.byteSize)
            buffer.writeInteger(UInt8(ascii: "}"))
        }
        return buffer
    }

    /// All values are strings but the levels, which are an array of them; in Triton's order.
    package static func traceSettings(_ settings: TraceSettings) -> ByteBuffer {
        let order = ["trace_level", "trace_rate", "trace_count", "log_frequency", "trace_file", "trace_mode"]
        let names = order.filter { settings[$0] != nil } + settings.keys.filter { !order.contains($0) }.sorted()
        var buffer = ByteBuffer()
        for (index, name) in names.enumerated() {
            let values = settings[name] ?? []
            buffer.writeInteger(index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
            buffer.writeJSONString(name)
            buffer.writeInteger(UInt8(ascii: ":"))
            if name == "trace_level" {
                buffer.writeJSONArray(values) { $1.writeJSONString($0) }
            } else {
                buffer.writeJSONString(values.first ?? "")
            }
        }
        buffer.writeStaticString(names.isEmpty ? "{}" : "}")
        return buffer
    }

    package static func logSettings(_ settings: [(name: String, value: LogSettingValue)]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt8(ascii: "{"))
        for (index, setting) in settings.enumerated() {
            if index > 0 { buffer.writeInteger(UInt8(ascii: ",")) }
            buffer.writeJSONString(setting.name)
            buffer.writeInteger(UInt8(ascii: ":"))
            switch setting.value {
            case .bool(let value): buffer.writeString(value ? "true" : "false")
            case .number(let value): buffer.writeJSONInteger(value)
            case .string(let value): buffer.writeJSONString(value)
            }
        }
        buffer.writeInteger(UInt8(ascii: "}"))
        return buffer
    }
}

// SPDX-License-Identifier: Apache-2.0

/// The instructions of pickle's machine, protocols 0 to 5. The names are those of Python's `pickletools`.
enum PickleOpcode: UInt8, CaseIterable {
    case mark = 0x28, stop = 0x2E, pop = 0x30, popMark = 0x31, dup = 0x32
    case float = 0x46, int = 0x49, binInt = 0x4A, binInt1 = 0x4B, long = 0x4C, binInt2 = 0x4D, none = 0x4E
    case persID = 0x50, binPersID = 0x51, reduce = 0x52
    case string = 0x53, binString = 0x54, shortBinString = 0x55, unicode = 0x56, binUnicode = 0x58
    case append = 0x61, build = 0x62, global = 0x63, dict = 0x64, emptyDict = 0x7D, appends = 0x65
    case get = 0x67, binGet = 0x68, inst = 0x69, longBinGet = 0x6A, list = 0x6C, emptyList = 0x5D, obj = 0x6F
    case put = 0x70, binPut = 0x71, longBinPut = 0x72, setItem = 0x73
    case tuple = 0x74, emptyTuple = 0x29, setItems = 0x75, binFloat = 0x47
    case proto = 0x80, newObj = 0x81, ext1 = 0x82, ext2 = 0x83, ext4 = 0x84
    case tuple1 = 0x85, tuple2 = 0x86, tuple3 = 0x87, newTrue = 0x88, newFalse = 0x89, long1 = 0x8A, long4 = 0x8B
    case binBytes = 0x42, shortBinBytes = 0x43
    case shortBinUnicode = 0x8C, binUnicode8 = 0x8D, binBytes8 = 0x8E
    case emptySet = 0x8F, addItems = 0x90, frozenSet = 0x91, newObjEx = 0x92, stackGlobal = 0x93
    case memoize = 0x94, frame = 0x95, byteArray8 = 0x96, nextBuffer = 0x97, readOnlyBuffer = 0x98

    /// What follows an instruction.
    enum Argument: Equatable {
        case none
        /// A text up to the end of the line.
        case line
        /// A module and a name in it, on a line each.
        case twoLines
        /// A number of so many bytes, lowest first.
        case number(Int)
        /// So many bytes that are not looked at.
        case fixed(Int)
        /// A length of so many bytes, then as much content.
        case counted(Int)
    }

    var argument: Argument {
        switch self {
        case .float, .int, .long, .persID, .string, .unicode, .get, .put: .line
        case .global, .inst: .twoLines
        case .binInt1, .binGet, .binPut, .proto, .ext1: .number(1)
        case .binInt2, .ext2: .number(2)
        case .binInt, .longBinGet, .longBinPut, .ext4: .number(4)
        case .frame: .number(8)
        case .binFloat: .fixed(8)
        case .shortBinString, .shortBinBytes, .shortBinUnicode, .long1: .counted(1)
        case .binString, .binUnicode, .binBytes, .long4: .counted(4)
        case .binUnicode8, .binBytes8, .byteArray8: .counted(8)
        default: .none
        }
    }

    /// As `pickletools` prints it.
    var name: String {
        switch self {
        case .popMark: "POP_MARK"
        case .persID: "PERSID"
        case .binPersID: "BINPERSID"
        case .shortBinString: "SHORT_BINSTRING"
        case .emptyDict: "EMPTY_DICT"
        case .longBinGet: "LONG_BINGET"
        case .emptyList: "EMPTY_LIST"
        case .longBinPut: "LONG_BINPUT"
        case .emptyTuple: "EMPTY_TUPLE"
        case .newObjEx: "NEWOBJ_EX"
        case .shortBinBytes: "SHORT_BINBYTES"
        case .shortBinUnicode: "SHORT_BINUNICODE"
        case .emptySet: "EMPTY_SET"
        case .stackGlobal: "STACK_GLOBAL"
        case .nextBuffer: "NEXT_BUFFER"
        case .readOnlyBuffer: "READONLY_BUFFER"
        default: "\(self)".uppercased()
        }
    }
}

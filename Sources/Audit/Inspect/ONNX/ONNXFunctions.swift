// SPDX-License-Identifier: Apache-2.0

/// Functions that a model brings along. An engine puts a function's nodes in place of each call, so functions that call
/// functions twice grow without bound, and one that calls itself never ends.
struct ONNXFunctions {
    struct Name: Hashable {
        var domain = ""
        var name = ""
        var overload = ""

        var title: String { Printed.quoted(domain.isEmpty ? name : "\(domain).\(name)") }
    }

    static let depthLimit = 32

    /// Different operators and functions.
    static let nameLimit = 65_536

    private var used: [String: Set<Name>] = [:]
    private var usedCount = 0
    /// What each calls, and how often; ordinary operators among them.
    private var calls: [Name: [Name: Int]] = [:]
    private var main: [Name: Int] = [:]
    private var current: Name?

    mutating func begin(_ bytes: WindowedBytes, _ range: Range<Int>) throws(InspectionFault) {
        var fields = ProtobufFields(bytes, in: range)
        var name = Name()
        while let field = try fields.next() {
            guard case .bytes(let inner) = field.value else { continue }
            switch field.number {
            case 1: name.name = try bytes.text(inner, limit: 256)
            case 10: name.domain = try bytes.text(inner, limit: 256)
            case 13: name.overload = try bytes.text(inner, limit: 256)
            default: break
            }
        }
        current = name
        calls[name] = calls[name] ?? [:]
    }

    mutating func end() { current = nil }

    /// Whether the model itself has every operator that it uses of a domain.
    func define(all domain: String) -> Bool {
        guard calls.keys.contains(where: { $0.domain == domain }) else { return false }
        return (used[domain] ?? []).allSatisfy { calls[$0] != nil }
    }

    mutating func use(_ operation: Name) throws(InspectionFault) {
        if used[operation.domain, default: []].insert(operation).inserted { usedCount += 1 }
        guard usedCount <= Self.nameLimit else {
            throw InspectionFault("uses more than \(Self.nameLimit) different operators")
        }
        if let current {
            calls[current, default: [:]][operation, default: 0] += 1
        } else {
            main[operation, default: 0] += 1
        }
    }

    func check(_ limits: InspectionLimits, _ inspection: inout Inspection) {
        guard !calls.isEmpty else { return }
        inspection.fact("functions", calls.count)
        var sizes: [Name: Int] = [:]
        for name in calls.keys.sorted(by: { ($0.domain, $0.name) < ($1.domain, $1.name) }) {
            switch size(of: name, &sizes) {
            case .size: break
            case .endless(let name):
                inspection.problem(.modelSize, "has a function \(name.title) that calls itself, or calls too deep")
                return
            }
        }
        var total = 0
        for (operation, count) in main { total = Self.sum(total, Self.product(sizes[operation] ?? 1, count)) }
        guard total > limits.nodes else { return }
        inspection.problem(.modelSize, "comes to more than \(limits.nodes) nodes once its functions stand in place")
    }

    private enum Growth {
        case size
        case endless(Name)
    }

    /// Fills in how many nodes a function comes to, innermost functions first.
    private func size(of start: Name, _ sizes: inout [Name: Int]) -> Growth {
        // Each function with the functions that it calls and that are still to be looked at.
        var path = [(name: start, open: callees(of: start))]
        while let name = path.last?.name {
            guard let next = path[path.count - 1].open.popLast() else {
                sizes[name] = (calls[name] ?? [:]).reduce(0) {
                    Self.sum($0, Self.product(sizes[$1.key] ?? 1, $1.value))
                }
                path.removeLast()
                continue
            }
            guard sizes[next] == nil else { continue }
            guard path.count < Self.depthLimit, !path.contains(where: { $0.name == next }) else {
                return .endless(next)
            }
            path.append((next, callees(of: next)))
        }
        return .size
    }

    private func callees(of name: Name) -> [Name] { (calls[name] ?? [:]).keys.filter { calls[$0] != nil } }

    private static func sum(_ left: Int, _ right: Int) -> Int {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }

    private static func product(_ left: Int, _ right: Int) -> Int {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? .max : product
    }
}

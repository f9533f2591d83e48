// SPDX-License-Identifier: Apache-2.0

/// A Python source, as its syntax tree has it: what it calls, with names resolved through imports and assignments,
/// and which parameters decide what is called with. `Python/buckler/buckler_audit` finds all of this out; nothing of
/// a source is run.
package struct PythonModule: Sendable {
    package var path: String
    package var calls: [PythonCall] = []
    package var classes: [PythonClass] = []
    /// Functions that take what clients send.
    package var handlers: [PythonHandler] = []
    /// Texts written into the source beside a name that may be that of a secret, or that look like one.
    package var texts: [PythonText] = []
    package var comparisons: [PythonComparison] = []
    /// Where a variable of the environment is split that may not be set, and then a key is compared with the pieces.
    package var emptyKeys: [Place] = []
    /// Attributes that are set, of those that turn a guard off or say how strong it is.
    package var settings: [PythonSetting] = []
    package var misplacedGuards: [PythonMisplacedGuard] = []
    package var idleLimits: [PythonIdleLimit] = []
    /// Functions and classes that refuse callers.
    package var refusals: [PythonRefusal] = []
    package var unreached: [PythonUnreached] = []
    /// Modules, by their full names.
    package var imports: [String] = []

    package init(path: String) { self.path = path }

    package func calls(_ names: Set<String>) -> [PythonCall] { calls.filter { names.contains($0.name) } }
}

/// What is known of a value without running anything.
package struct PythonValue: Sendable, Equatable {
    /// Of a constant; no more than its first 300 scalars, 4000 where a call is given it.
    package var text: String?
    package var bool: Bool?
    /// As Python prints it.
    package var number: String?
    package var isNone = false
    /// Where it comes from: `os.system`; `torch.load()` for what that returned; `f:` and how a formatted text begins.
    package var name: String?
    /// Of the call that returned it.
    package var arguments: [PythonArgument] = []
    /// Of a list, tuple, set or dictionary that is written out.
    package var items: [PythonValue] = []
    /// Of a dictionary that is written out: the items whose keys are texts in the source, by these.
    package var members: [PythonArgument] = []
    /// The name of the secret that it was made from, if it still tells it: `API_KEYS`.
    package var secret: String?
    /// Parameters whose holder decides what it is.
    package var taint: [String] = []

    package init() {}

    package var isTainted: Bool { !taint.isEmpty }

    /// Whether the source itself says all of it.
    package var isConstant: Bool { text != nil || bool != nil || number != nil || isNone }

    package func argument(_ keyword: String) -> PythonValue? {
        arguments.first { $0.keyword == keyword }?.value
    }

    /// Of a dictionary; of a key that stands more than once the last counts.
    package func member(_ key: String) -> PythonValue? {
        members.last { $0.keyword == key }?.value
    }

    /// The texts of a list, or the one text.
    package var texts: [String] { items.compactMap(\.text) + [text].compactMap(\.self) }
}

package struct PythonArgument: Sendable, Equatable {
    package var keyword: String?
    package var value: PythonValue

    package init(keyword: String?, value: PythonValue) {
        self.keyword = keyword
        self.value = value
    }
}

package struct PythonCall: Sendable {
    /// Resolved: `builtins.eval`, `os.system`, `bentoml.Service().api`. What cannot be resolved stays as it is
    /// written, or begins with `?.` where even that has no name.
    package var name: String
    package var place: Place
    /// Around it, with its class: `UnsafeRunnable.__init__`; empty for the module itself.
    package var function: String
    /// Which kind of handler brings the data; `nil` for a function that clients do not reach, as far as can be seen.
    package var handler: PythonHandler.Kind?
    package var arguments: [PythonArgument]
    /// Whether something was verified or hashed before it in the same function, by the name of what was called for
    /// that.
    package var isAfterVerification: Bool
    /// Parameters that decide what it is a method of.
    package var receiverTaint: [String]
    /// The name of the `bentoml.Service` that it is a method of.
    package var service: String?
    /// Of `startswith` and `endswith`: what the source itself calls the text that is asked.
    package var subject: String?

    package func argument(_ keyword: String, at position: Int? = nil) -> PythonValue? {
        if let named = arguments.first(where: { $0.keyword == keyword }) { return named.value }
        guard let position else { return nil }
        let placed = arguments.prefix { $0.keyword == nil }
        return position < placed.count ? placed[placed.startIndex + position].value : nil
    }

    package var first: PythonValue? { argument("", at: 0) }

    /// The last part of the name.
    package var method: Substring { name.lastIndex(of: ".").map { name[name.index(after: $0)...] } ?? name[...] }

    /// A parameter of a handler that decides one of the arguments.
    package var requestParameter: String? {
        handler == nil ? nil : arguments.lazy.compactMap(\.value.taint.first).first
    }

    /// `'name'` without what only this reader says, for messages.
    package var printedName: String {
        let bare =
            name.hasPrefix("builtins.") ? name.dropFirst(9) : name.hasPrefix("?.") ? name.dropFirst(2) : name[...]
        return Printed.quoted(bare)
    }
}

package struct PythonClass: Sendable {
    package var name: String
    package var place: Place
    /// Resolved.
    package var bases: [String]
    package var decorators: [PythonValue]
    package var methods: [String]
}

/// A function that takes what clients send.
package struct PythonHandler: Sendable {
    package enum Kind: String, Sendable {
        /// `@svc.api(input=…)`.
        case legacyAPI = "legacy-api"
        /// `@bentoml.api`.
        case api
        /// `@bentoml.task`.
        case task
        /// `@bentoml.Runnable.method`.
        case runnable
        /// `execute(self, requests)`.
        case triton
        /// Of FastAPI, Flask and their like.
        case web
        /// `__call__(self, scope, receive, send)`.
        case asgi
    }

    package var name: String
    /// With its class, as in ``PythonCall/function``.
    package var function: String
    package var kind: Kind
    package var place: Place
    package var decorators: [PythonValue]
    /// Those that a client can fill with more than a number.
    package var parameters: [Parameter]

    package struct Parameter: Sendable {
        package var name: String
        /// Names in its annotation, outermost first: `typing.Annotated`, `numpy.ndarray`.
        package var annotation: [String]
        /// Whether a condition about it can end the function, or something that is named for checking gets it.
        package var isChecked: Bool
        /// Whether such a condition is about its size or shape.
        package var isSizeChecked: Bool
        /// What it is first handed on to, if to anything.
        package var use: (name: String, place: Place)?
        /// Whether nothing is handed on but members of it that the source names: `x["a"]`.
        package var isUsedInPart: Bool
    }
}

/// A text in the source, and the name that it is given.
package struct PythonText: Sendable {
    package var name: String
    /// Its first 300 scalars.
    package var text: String
    package var place: Place
}

/// Two things compared by `==` or `!=`, of which one is named like a key.
package struct PythonComparison: Sendable {
    package var left: String
    package var right: String
    /// Whether either is written into the source.
    package var isWithConstant: Bool
    package var place: Place
}

/// `context.check_hostname = False`.
package struct PythonSetting: Sendable {
    /// Resolved, with the attribute.
    package var name: String
    package var value: PythonValue
    package var place: Place

    package var attribute: Substring { name.lastIndex(of: ".").map { name[name.index(after: $0)...] } ?? name[...] }
}

/// A check of callers that does not do what it is there for.
package struct PythonMisplacedGuard: Sendable {
    package enum Fault: String, Sendable {
        /// It refuses those of whom its condition says that they may come in.
        case inverted
        /// It looks at other kinds of requests, and never at those of HTTP.
        case leavesOutHTTP = "no-http"
        /// It answers those whom it refuses, and calls the application all the same.
        case goesOn = "goes-on"
        /// It is named as a guard, and calls the application whatever is asked.
        case open
        /// It refuses by what a function says that never returns anything.
        case neverRefuses = "never"
        /// It hands requests on for what they say of themselves.
        case trustsClaim = "claim"
        /// It is content with a part of a key.
        case partOfKey = "part"
        /// It compares some letters of a key, and not the others.
        case cutKey = "cut"
    }

    package var fault: Fault
    /// With its class: `AuthMiddleware.__call__`.
    package var function: String
    /// The function that never returns anything; or the kind of what is trusted, with its name: `header 'x-debug'`;
    /// or the key.
    package var subject: String
    package var place: Place
}

/// A function or class of a source, and which of the answers it gives that refuse callers, itself or by what it calls.
package struct PythonRefusal: Sendable {
    package var name: String
    /// Of 401, 403, 413 and 429.
    package var statuses: Set<Int>
    /// Whether its decorator attaches it: `@app.middleware("http")`.
    package var isAttached: Bool
    package var place: Place
}

/// What stands behind a `return` or `raise` of the same block.
package struct PythonUnreached: Sendable {
    package enum Kind: String, Sendable {
        /// A condition that would have refused something.
        case check
        /// An entry of a log.
        case log
    }

    package var kind: Kind
    /// With its class: `Gate.dispatch`.
    package var function: String
    package var place: Place
}

/// A number that is named as a limit, and limits nothing.
package struct PythonIdleLimit: Sendable {
    package enum Fault: String, Sendable {
        /// Nothing of the source reads it.
        case idle
        /// It is 0, and lengths are compared with it.
        case zero
    }

    /// Of the constant or the attribute: `MAX_CLIENTS`.
    package var name: String
    package var fault: Fault
    package var place: Place
}

/// Reads Python sources through Python's own parser, in a sandbox, and tells what they do. Runs none of them.
package protocol PythonSourceReader: Sendable {
    /// - Parameter sources: by path.
    /// - Returns: one for each, in the same order; a source that cannot be read says why.
    /// - Throws: if there is no interpreter, or it failed altogether.
    func read(_ sources: [(path: String, text: String)]) throws(Unreadable) -> [Result<PythonModule, Unreadable>]
}

// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Inference
import Testing

@Suite struct RouteTableTests {
    private static let known: [(String, Route, Scope)] = [
        ("/v2", .serverMetadata, .metadata),
        ("/v2?x=/y", .serverMetadata, .metadata),
        ("/v2/health/live", .serverLive, .health),
        ("/v2/health/ready", .serverReady, .health),
        ("/livez", .serverLive, .health),
        ("/readyz", .serverReady, .health),
        ("/v2/models/stats", .allStatistics, .statistics),
        ("/v2/models/m", .model(ModelPath(name: "m"), .metadata), .metadata),
        ("/v2/models/m/versions/3", .model(ModelPath(name: "m", versionText: "3"), .metadata), .metadata),
        ("/v2/models/m/infer", .model(ModelPath(name: "m"), .infer), .infer),
        ("/v2/models/m/infer?a=b", .model(ModelPath(name: "m"), .infer), .infer),
        ("/v2/models/%6d/infer", .model(ModelPath(name: "%6d"), .infer), .infer),
        ("/v2/models/versions/versions/1/infer", .model(ModelPath(name: "versions", versionText: "1"), .infer), .infer),
        ("/v2/models/stats/versions/1/stats", .model(ModelPath(name: "stats", versionText: "1"), .stats), .statistics),
        ("/v2/models/m/ready", .model(ModelPath(name: "m"), .ready), .metadata),
        ("/v2/models/m/config", .model(ModelPath(name: "m"), .config), .metadata),
        ("/v2/models/m/generate", .model(ModelPath(name: "m"), .generate), .infer),
        ("/v2/models/m/generate_stream", .model(ModelPath(name: "m"), .generateStream), .infer),
        ("/v2/models/m/trace/setting", .model(ModelPath(name: "m"), .traceSetting), .admin),
        ("/v2/trace/setting", .traceSetting, .admin),
        ("/v2/logging", .logging, .admin),
        ("/v2/repository/index", .repositoryIndex, .metadata),
        ("/v2/repository/r/index", .namedRepository, .admin),
        ("/v2/repository/models/m/load", .load("m"), .admin),
        ("/v2/repository/models/m/unload", .unload("m"), .admin),
        ("/v2/repository/r/models/m/load", .namedRepository, .admin),
        ("/v2/systemsharedmemory/status", .systemSharedMemory(.status, region: nil), .sharedMemory),
        ("/v2/systemsharedmemory/region/x/register", .systemSharedMemory(.register, region: "x"), .sharedMemory),
        ("/v2/cudasharedmemory/region/x/status", .cudaSharedMemory(.status, region: "x"), .sharedMemory),
        ("/v2/systemsharedmemory/register", .systemSharedMemory(.register, region: nil), .sharedMemory),
        ("/v2/cudasharedmemory/unregister", .cudaSharedMemory(.unregister, region: nil), .sharedMemory),
    ]

    @Test(arguments: known)
    func aPathMeansOneRoute(path: String, route: Route, scope: Scope) {
        #expect(RouteTable.match(path) == route)
        #expect(RouteTable.endpoint(of: route, .get).scope == scope)
        #expect(RouteTable.endpoint(of: route, .post).scope == scope)
        #expect(RouteTable.endpoint(of: route, nil).scope == scope)
    }

    @Test(arguments: [
        "", "/", "/v2/", "/v3", "v2", "/v2/models", "/v2/models/", "/v2/models//infer", "/v2/models/m/",
        "/v2/models/m/infer/",
        "/v2/models/m/versions", "/v2/models/m/versions/", "/v2/models/m/versions/x/infer", "/v2/models/m/versions/-1",
        "/v2/models/m/versions/1/trace/setting", "/v2//models/m/infer", "/V2", "http://h/v2", "/v2/models/m/Infer",
        "/v2/health/live/", "/v2/repository/models//load", "/v2/repository//index",
    ])
    func anyOtherPathIsUnknown(path: String) {
        #expect(RouteTable.match(path) == nil)
    }

    @Test(arguments: ["0", "9223372036854775808", "00"])
    func aVersionThatIsNoneIsAnError(text: String) {
        #expect { try ModelPath(name: "m", versionText: text).version() } throws: {
            ($0 as? ServingError)?.code == .invalidArgument
        }
    }

    @Test func theLargestVersionIsOne() throws {
        #expect(try ModelPath(name: "m", versionText: "9223372036854775807").version() == .max)
        #expect(try ModelPath(name: "m").version() == nil)
    }

    @Test func methodsAreAsInTriton() {
        #expect(RouteTable.allows(.post, on: .model(ModelPath(name: "m"), .infer)))
        #expect(!RouteTable.allows(.get, on: .model(ModelPath(name: "m"), .infer)))
        #expect(!RouteTable.allows(.get, on: .repositoryIndex))
        #expect(RouteTable.allows(.get, on: .logging) && RouteTable.allows(.post, on: .logging))
        #expect(!RouteTable.allows(.post, on: .serverLive))
        #expect(!RouteTable.allows(.get, on: .systemSharedMemory(.register, region: "x")))
        #expect(!RouteTable.allows(.get, on: .systemSharedMemory(.unregister, region: nil)))
        #expect(!RouteTable.allows(.post, on: .cudaSharedMemory(.status, region: nil)))
    }
}

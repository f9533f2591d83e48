// SPDX-License-Identifier: Apache-2.0
// The process that hosts a native engine for the server (Docs/WorkerProtocol.md). Started by buckler-launcher alone.
import Engines

EngineHost.run()

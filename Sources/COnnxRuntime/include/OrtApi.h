// SPDX-License-Identifier: Apache-2.0
// Our own declaration of the part of ONNX Runtime's C API that is called here.
//
// The engine hands out one table of function pointers, `OrtApi`. Upstream only ever appends to it, so a function keeps
// its slot for good: each slot number below is asserted at compile time, and the tests of the engine call every one.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The version of the table that is asked for: 24 is where slot 414 appeared.
#define ORT_TABLE_VERSION 24

typedef struct OrtStatus OrtStatus;
typedef struct OrtEnv OrtEnv;
typedef struct OrtSession OrtSession;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtRunOptions OrtRunOptions;
typedef struct OrtValue OrtValue;
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtTypeInfo OrtTypeInfo;
typedef struct OrtTensorTypeAndShapeInfo OrtTensorTypeAndShapeInfo;
typedef struct OrtThreadHandle OrtThreadHandle;

/// Declared to its full length: the engine looks at `version` to know which of the later members it may call.
typedef struct OrtAllocator {
    uint32_t version;
    void *_Nullable (*_Nonnull Alloc)(struct OrtAllocator *_Nonnull, size_t);
    void (*_Nonnull Free)(struct OrtAllocator *_Nonnull, void *_Nullable);
    const OrtMemoryInfo *_Nonnull (*_Nonnull Info)(const struct OrtAllocator *_Nonnull);
    void *_Nullable (*_Nullable Reserve)(struct OrtAllocator *_Nonnull, size_t);
    void *_Nullable GetStats;
    void *_Nullable AllocOnStream;
    void *_Nullable Shrink;
} OrtAllocator;

typedef void (*OrtLoggingFunction)(
    void *_Nullable parameter,
    int32_t severity,
    const char *_Nullable category,
    const char *_Nullable logId,
    const char *_Nullable codeLocation,
    const char *_Nullable message
);
typedef void (*OrtThreadWorker)(void *_Nullable);
typedef OrtThreadHandle *_Nullable (*OrtCreateThread)(
    void *_Nullable options, OrtThreadWorker _Nonnull worker, void *_Nullable parameter
);
typedef void (*OrtJoinThread)(OrtThreadHandle *_Nullable);

// Both spellings of an `OrtStatus *` result: null means that the call worked.
#define ORT_STATUS(name) OrtStatus *_Nullable (*_Nonnull name)
#define ORT_RELEASE(type) void (*_Nonnull Release##type)(Ort##type *_Nullable)
#define ORT_SKIP(from, to) void *_Nullable skipped##from[to - from]

typedef struct OrtApi {
    ORT_SKIP(0, 1);
    int32_t (*_Nonnull GetErrorCode)(const OrtStatus *_Nonnull);
    const char *_Nonnull (*_Nonnull GetErrorMessage)(const OrtStatus *_Nonnull);
    ORT_SKIP(3, 4);
    ORT_STATUS(CreateEnvWithCustomLogger)(
        OrtLoggingFunction _Nonnull, void *_Nullable, int32_t severity, const char *_Nonnull logId,
        OrtEnv *_Nullable *_Nonnull
    );
    ORT_SKIP(5, 6);
    ORT_STATUS(DisableTelemetryEvents)(const OrtEnv *_Nonnull);
    ORT_SKIP(7, 8);
    ORT_STATUS(CreateSessionFromArray)(
        const OrtEnv *_Nonnull, const void *_Nullable model, size_t length, const OrtSessionOptions *_Nonnull,
        OrtSession *_Nullable *_Nonnull
    );
    ORT_STATUS(Run)(
        OrtSession *_Nonnull, const OrtRunOptions *_Nullable,
        const char *_Nonnull const *_Nonnull inputNames, const OrtValue *_Nullable const *_Nonnull inputs, size_t inputCount,
        const char *_Nonnull const *_Nonnull outputNames, size_t outputCount, OrtValue *_Nullable *_Nonnull outputs
    );
    ORT_STATUS(CreateSessionOptions)(OrtSessionOptions *_Nullable *_Nonnull);
    ORT_SKIP(11, 13);
    ORT_STATUS(SetSessionExecutionMode)(OrtSessionOptions *_Nonnull, int32_t mode);
    ORT_SKIP(14, 16);
    ORT_STATUS(EnableMemPattern)(OrtSessionOptions *_Nonnull);
    ORT_STATUS(DisableMemPattern)(OrtSessionOptions *_Nonnull);
    ORT_SKIP(18, 19);
    ORT_STATUS(DisableCpuMemArena)(OrtSessionOptions *_Nonnull);
    ORT_STATUS(SetSessionLogId)(OrtSessionOptions *_Nonnull, const char *_Nonnull);
    ORT_SKIP(21, 22);
    ORT_STATUS(SetSessionLogSeverityLevel)(OrtSessionOptions *_Nonnull, int);
    ORT_STATUS(SetSessionGraphOptimizationLevel)(OrtSessionOptions *_Nonnull, int32_t level);
    ORT_STATUS(SetIntraOpNumThreads)(OrtSessionOptions *_Nonnull, int);
    ORT_STATUS(SetInterOpNumThreads)(OrtSessionOptions *_Nonnull, int);
    ORT_SKIP(26, 30);
    ORT_STATUS(SessionGetInputCount)(const OrtSession *_Nonnull, size_t *_Nonnull);
    ORT_STATUS(SessionGetOutputCount)(const OrtSession *_Nonnull, size_t *_Nonnull);
    ORT_SKIP(32, 33);
    ORT_STATUS(SessionGetInputTypeInfo)(const OrtSession *_Nonnull, size_t, OrtTypeInfo *_Nullable *_Nonnull);
    ORT_STATUS(SessionGetOutputTypeInfo)(const OrtSession *_Nonnull, size_t, OrtTypeInfo *_Nullable *_Nonnull);
    ORT_SKIP(35, 36);
    ORT_STATUS(SessionGetInputName)(
        const OrtSession *_Nonnull, size_t, OrtAllocator *_Nonnull, char *_Nullable *_Nonnull
    );
    ORT_STATUS(SessionGetOutputName)(
        const OrtSession *_Nonnull, size_t, OrtAllocator *_Nonnull, char *_Nullable *_Nonnull
    );
    ORT_SKIP(38, 48);
    ORT_STATUS(CreateTensorAsOrtValue)(
        OrtAllocator *_Nonnull, const int64_t *_Nullable shape, size_t rank, int32_t type, OrtValue *_Nullable *_Nonnull
    );
    ORT_STATUS(CreateTensorWithDataAsOrtValue)(
        const OrtMemoryInfo *_Nonnull, void *_Nullable data, size_t length, const int64_t *_Nullable shape, size_t rank,
        int32_t type, OrtValue *_Nullable *_Nonnull
    );
    ORT_SKIP(50, 51);
    ORT_STATUS(GetTensorMutableData)(OrtValue *_Nonnull, void *_Nullable *_Nonnull);
    ORT_SKIP(52, 53);
    ORT_STATUS(GetStringTensorDataLength)(const OrtValue *_Nonnull, size_t *_Nonnull);
    ORT_STATUS(GetStringTensorContent)(
        const OrtValue *_Nonnull, void *_Nullable, size_t length, size_t *_Nullable offsets, size_t count
    );
    ORT_STATUS(CastTypeInfoToTensorInfo)(
        const OrtTypeInfo *_Nonnull, const OrtTensorTypeAndShapeInfo *_Nullable *_Nonnull
    );
    ORT_STATUS(GetOnnxTypeFromTypeInfo)(const OrtTypeInfo *_Nonnull, int32_t *_Nonnull);
    ORT_SKIP(57, 60);
    ORT_STATUS(GetTensorElementType)(const OrtTensorTypeAndShapeInfo *_Nonnull, int32_t *_Nonnull);
    ORT_STATUS(GetDimensionsCount)(const OrtTensorTypeAndShapeInfo *_Nonnull, size_t *_Nonnull);
    ORT_STATUS(GetDimensions)(const OrtTensorTypeAndShapeInfo *_Nonnull, int64_t *_Nullable, size_t);
    ORT_SKIP(63, 68);
    ORT_STATUS(CreateMemoryInfo)(
        const char *_Nonnull name, int32_t allocatorType, int device, int32_t memoryType,
        OrtMemoryInfo *_Nullable *_Nonnull
    );
    ORT_SKIP(69, 76);
    ORT_STATUS(AllocatorFree)(OrtAllocator *_Nonnull, void *_Nullable);
    ORT_SKIP(77, 78);
    ORT_STATUS(GetAllocatorWithDefaultOptions)(OrtAllocator *_Nullable *_Nonnull);
    ORT_SKIP(79, 93);
    ORT_RELEASE(Status);
    ORT_SKIP(94, 95);
    ORT_RELEASE(Session);
    ORT_RELEASE(Value);
    ORT_SKIP(97, 98);
    ORT_RELEASE(TypeInfo);
    ORT_SKIP(99, 100);
    ORT_RELEASE(SessionOptions);
    ORT_SKIP(101, 130);
    ORT_STATUS(AddSessionConfigEntry)(OrtSessionOptions *_Nonnull, const char *_Nonnull key, const char *_Nonnull value);
    ORT_SKIP(131, 176);
    ORT_STATUS(RegisterAllocator)(OrtEnv *_Nonnull, OrtAllocator *_Nonnull);
    ORT_SKIP(177, 196);
    ORT_STATUS(SessionOptionsSetCustomCreateThreadFn)(OrtSessionOptions *_Nonnull, OrtCreateThread _Nonnull);
    ORT_STATUS(SessionOptionsSetCustomThreadCreationOptions)(OrtSessionOptions *_Nonnull, void *_Nullable);
    ORT_STATUS(SessionOptionsSetCustomJoinThreadFn)(OrtSessionOptions *_Nonnull, OrtJoinThread _Nonnull);
    ORT_SKIP(199, 252);
    ORT_STATUS(GetResizedStringTensorElementBuffer)(
        OrtValue *_Nonnull, size_t index, size_t length, char *_Nullable *_Nonnull
    );
    ORT_SKIP(253, 279);
    ORT_STATUS(AddExternalInitializersFromFilesInMemory)(
        OrtSessionOptions *_Nonnull, const char *_Nonnull const *_Nonnull names, char *_Nonnull const *_Nonnull contents,
        const size_t *_Nonnull lengths, size_t count
    );
    ORT_SKIP(280, 414);
    ORT_STATUS(GetTensorElementTypeAndShapeDataReference)(
        const OrtValue *_Nonnull, int32_t *_Nonnull type, const int64_t *_Nullable *_Nonnull shape, size_t *_Nonnull rank
    );
} OrtApi;

typedef struct OrtApiBase {
    const OrtApi *_Nullable (*_Nonnull GetApi)(uint32_t version);
    const char *_Nonnull (*_Nonnull GetVersionString)(void);
} OrtApiBase;

#define ORT_SLOT(name, number) _Static_assert(offsetof(OrtApi, name) == number * sizeof(void *), #name)
#ifndef __cplusplus
ORT_SLOT(GetErrorCode, 1);
ORT_SLOT(GetErrorMessage, 2);
ORT_SLOT(CreateEnvWithCustomLogger, 4);
ORT_SLOT(DisableTelemetryEvents, 6);
ORT_SLOT(CreateSessionFromArray, 8);
ORT_SLOT(Run, 9);
ORT_SLOT(CreateSessionOptions, 10);
ORT_SLOT(SetSessionExecutionMode, 13);
ORT_SLOT(EnableMemPattern, 16);
ORT_SLOT(DisableMemPattern, 17);
ORT_SLOT(DisableCpuMemArena, 19);
ORT_SLOT(SetSessionLogId, 20);
ORT_SLOT(SetSessionLogSeverityLevel, 22);
ORT_SLOT(SetSessionGraphOptimizationLevel, 23);
ORT_SLOT(SetIntraOpNumThreads, 24);
ORT_SLOT(SetInterOpNumThreads, 25);
ORT_SLOT(SessionGetInputCount, 30);
ORT_SLOT(SessionGetOutputCount, 31);
ORT_SLOT(SessionGetInputTypeInfo, 33);
ORT_SLOT(SessionGetOutputTypeInfo, 34);
ORT_SLOT(SessionGetInputName, 36);
ORT_SLOT(SessionGetOutputName, 37);
ORT_SLOT(CreateTensorAsOrtValue, 48);
ORT_SLOT(CreateTensorWithDataAsOrtValue, 49);
ORT_SLOT(GetTensorMutableData, 51);
ORT_SLOT(GetStringTensorDataLength, 53);
ORT_SLOT(GetStringTensorContent, 54);
ORT_SLOT(CastTypeInfoToTensorInfo, 55);
ORT_SLOT(GetOnnxTypeFromTypeInfo, 56);
ORT_SLOT(GetTensorElementType, 60);
ORT_SLOT(GetDimensionsCount, 61);
ORT_SLOT(GetDimensions, 62);
ORT_SLOT(CreateMemoryInfo, 68);
ORT_SLOT(AllocatorFree, 76);
ORT_SLOT(GetAllocatorWithDefaultOptions, 78);
ORT_SLOT(ReleaseStatus, 93);
ORT_SLOT(ReleaseSession, 95);
ORT_SLOT(ReleaseValue, 96);
ORT_SLOT(ReleaseTypeInfo, 98);
ORT_SLOT(ReleaseSessionOptions, 100);
ORT_SLOT(AddSessionConfigEntry, 130);
ORT_SLOT(RegisterAllocator, 176);
ORT_SLOT(SessionOptionsSetCustomCreateThreadFn, 196);
ORT_SLOT(SessionOptionsSetCustomThreadCreationOptions, 197);
ORT_SLOT(SessionOptionsSetCustomJoinThreadFn, 198);
ORT_SLOT(GetResizedStringTensorElementBuffer, 252);
ORT_SLOT(AddExternalInitializersFromFilesInMemory, 279);
ORT_SLOT(GetTensorElementTypeAndShapeDataReference, 414);
#endif

#ifdef __cplusplus
}
#endif

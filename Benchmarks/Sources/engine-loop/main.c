// SPDX-License-Identifier: Apache-2.0
//
// ONNX Runtime called in a loop: what the engine alone costs for each item of a batch.
//
//     engine-loop LIBRARY MODEL BATCH THREADS SECONDS DIM...
//
// One FP32 input with a leading batch dimension, whose other dimensions are DIM..., and one output. One session, one
// calling thread, THREADS intra-op threads. Prints one line of JSON. It shares no code with Buckler on purpose.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef void *Status;
typedef struct {
    void *const *(*get_api)(uint32_t version);
    const char *(*get_version)(void);
} ApiBase;

// Places in the engine's table of functions, which only ever grows at its end.
enum Slot {
    GET_ERROR_MESSAGE = 2,
    CREATE_ENV = 3,
    CREATE_SESSION = 7,
    RUN = 9,
    CREATE_SESSION_OPTIONS = 10,
    SET_INTRA_OP_THREADS = 24,
    SET_INTER_OP_THREADS = 25,
    SESSION_GET_INPUT_NAME = 36,
    SESSION_GET_OUTPUT_NAME = 37,
    CREATE_TENSOR_WITH_DATA = 49,
    CREATE_CPU_MEMORY_INFO = 69,
    GET_ALLOCATOR = 78,
    RELEASE_VALUE = 96,
};

enum { TABLE_VERSION = 16, FLOAT_ELEMENT = 1, WARNINGS_AND_ERRORS = 2, ARENA_ALLOCATOR = 1, DEFAULT_MEMORY = 0 };

static void *const *api;

static void check(Status status, const char *step) {
    if (!status) return;
    const char *message = ((const char *(*)(Status))api[GET_ERROR_MESSAGE])(status);
    fprintf(stderr, "engine-loop: %s: %s\n", step, message);
    exit(1);
}

static double seconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static const ApiBase *open_library(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "engine-loop: %s\n", dlerror());
        exit(1);
    }
    const ApiBase *(*get_base)(void) = (const ApiBase *(*)(void))dlsym(library, "OrtGetApiBase");
    if (!get_base || !(api = get_base()->get_api(TABLE_VERSION))) {
        fprintf(stderr, "engine-loop: %s is no ONNX Runtime of version 1.%d or later\n", path, TABLE_VERSION);
        exit(1);
    }
    return get_base();
}

static void *open_session(const char *model, int threads) {
    void *environment, *options, *session;
    check(((Status(*)(int, const char *, void **))api[CREATE_ENV])(WARNINGS_AND_ERRORS, "engine-loop", &environment),
          "environment");
    check(((Status(*)(void **))api[CREATE_SESSION_OPTIONS])(&options), "options");
    check(((Status(*)(void *, int))api[SET_INTRA_OP_THREADS])(options, threads), "threads");
    check(((Status(*)(void *, int))api[SET_INTER_OP_THREADS])(options, 1), "threads");
    check(((Status(*)(void *, const char *, void *, void **))api[CREATE_SESSION])(environment, model, options,
                                                                                &session),
          "session");
    return session;
}

static const char *tensor_name(enum Slot slot, void *session) {
    void *allocator;
    char *name;
    check(((Status(*)(void **))api[GET_ALLOCATOR])(&allocator), "allocator");
    check(((Status(*)(void *, size_t, void *, char **))api[slot])(session, 0, allocator, &name), "name");
    return name;
}

static void *make_input(const int64_t *shape, size_t rank, float **data) {
    size_t count = 1;
    for (size_t axis = 0; axis < rank; axis++) count *= (size_t)shape[axis];
    *data = aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
    if (!*data) {
        fprintf(stderr, "engine-loop: no memory for %zu floats\n", count);
        exit(1);
    }
    // The weights of a minimal generator: any spread of values does, but not zeros, which some kernels skip.
    uint32_t state = 1;
    for (size_t index = 0; index < count; index++) {
        state = state * 1664525u + 1013904223u;
        (*data)[index] = (float)(state >> 8) / 16777216.0f;
    }
    void *memory, *value;
    check(((Status(*)(int, int, void **))api[CREATE_CPU_MEMORY_INFO])(ARENA_ALLOCATOR, DEFAULT_MEMORY, &memory),
          "memory");
    check(((Status(*)(void *, void *, size_t, const int64_t *, size_t, int, void **))api[CREATE_TENSOR_WITH_DATA])(
              memory, *data, count * sizeof(float), shape, rank, FLOAT_ELEMENT, &value),
          "tensor");
    return value;
}

static long run_for(void *session, void *input, double duration) {
    const char *input_name = tensor_name(SESSION_GET_INPUT_NAME, session);
    const char *output_name = tensor_name(SESSION_GET_OUTPUT_NAME, session);
    Status (*run)(void *, void *, const char *const *, void *const *, size_t, const char *const *, size_t, void **) =
        (Status(*)(void *, void *, const char *const *, void *const *, size_t, const char *const *, size_t, void **))
            api[RUN];
    void (*release)(void *) = (void (*)(void *))api[RELEASE_VALUE];
    double end = seconds(CLOCK_MONOTONIC) + duration;
    long runs = 0;
    do {
        void *output = NULL;
        check(run(session, NULL, &input_name, &input, 1, &output_name, 1, &output), "run");
        release(output);
        runs++;
    } while (seconds(CLOCK_MONOTONIC) < end);
    return runs;
}

int main(int count, char **arguments) {
    if (count < 7 || count > 13) {
        fprintf(stderr, "usage: engine-loop LIBRARY MODEL BATCH THREADS SECONDS DIM...\n");
        return 64;
    }
    const ApiBase *base = open_library(arguments[1]);
    int64_t shape[8];
    size_t rank = 0;
    shape[rank++] = atoll(arguments[3]);
    for (int index = 6; index < count; index++) shape[rank++] = atoll(arguments[index]);
    for (size_t axis = 0; axis < rank; axis++) {
        if (shape[axis] < 1 || shape[axis] > 1 << 20) {
            fprintf(stderr, "engine-loop: a dimension is a number from 1 to 1048576\n");
            return 64;
        }
    }
    int threads = atoi(arguments[4]);
    double duration = atof(arguments[5]);
    void *session = open_session(arguments[2], threads);
    float *data;
    void *input = make_input(shape, rank, &data);
    run_for(session, input, duration / 5);
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    long runs = run_for(session, input, duration);
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    double items = (double)runs * (double)shape[0];
    printf("{\"engine\":\"%s\",\"batch\":%lld,\"threads\":%d,\"runs\":%ld,\"wall_us_per_item\":%.4f,"
           "\"cpu_us_per_item\":%.4f,\"items_per_second\":%.1f}\n",
           base->get_version(), (long long)shape[0], threads, runs, wall / items * 1e6, cpu / items * 1e6,
           items / wall);
    return 0;
}

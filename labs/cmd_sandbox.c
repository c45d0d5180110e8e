/*
 * mqttlab sandbox: run somebody else's program.
 */
#include "base/alloc.h"
#include "base/confine.h"
#include "base/options.h"
#include "base/sandbox.h"
#include "labs/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX    64
#define MIB          (1u << 20)
#define FILE_BYTES   (64ull * MIB)
#define OUTPUT_BYTES (4u * MIB)

/* As timeout(1) and the shell have them. */
enum {
    EXIT_LATE = 124,
    EXIT_TOO_MUCH = 125,
    EXIT_NOT_STARTED = 126,
    EXIT_SIGNAL = 128,
    EXIT_USAGE = 3,
};

enum { BOX_TIMEOUT = 1, BOX_MEMORY, BOX_SHOW, BOX_STRICT, BOX_HELP };

static const struct option_spec table[] = {
    {BOX_TIMEOUT, 0, "timeout", "SECONDS", "end it after so long (60)"             },
    {BOX_MEMORY,  0, "memory",  "MIB",
     "for all its processes together, 0: any (1024)"                               },
    {BOX_SHOW,    0, "show",    "PATH",    "what else it may see of people's files"},
    {BOX_STRICT,  0, "strict",  NULL,
     "do not run it where the kernel cannot shut it off"                           },
    {BOX_HELP,    0, "help",    NULL,      "this text"                             },
    {0,           0, NULL,      NULL,      NULL                                    },
};

struct request {
    struct sandbox sandbox;
    const char *words[WORDS_MAX + 1];
    size_t word_count;
    const char *shown[CONFINE_SHOWN_MAX + 1];
    size_t shown_count;
};

static void usage(FILE *to)
{
    fputs(
        "Usage: mqttlab sandbox [OPTIONS] -- COMMAND...\n\n"
        "Run somebody else's program in this folder, which it can read: with\n"
        "limits, an empty environment, and, where the kernel allows it,\n"
        "without network and other people's files. Exit status: the\n"
        "program's; 124 too late, 125 too much output, memory or processes,\n"
        "126 not started, 128 and more killed by a signal.\n\n",
        to);
    options_help(table, to);
}

static bool take_number(const struct options *options, long min, long max,
                        long *number)
{
    char error[200];

    if (options_number(options, min, max, number, error, sizeof(error)))
        return true;
    fprintf(stderr, "mqttlab sandbox: %s\n", error);
    return false;
}

static bool take(struct request *request, const struct options *options, int id)
{
    long number = 0;

    if (id == OPTIONS_WORD && request->word_count < WORDS_MAX) {
        request->words[request->word_count++] = options->value;
    } else if (id == BOX_TIMEOUT) {
        if (!take_number(options, 1, 3600, &number))
            return false;
        request->sandbox.timeout_s = (unsigned)number;
    } else if (id == BOX_MEMORY) {
        if (!take_number(options, 0, 1 << 20, &number))
            return false;
        request->sandbox.memory_bytes = (uint64_t)number * MIB;
    } else if (id == BOX_SHOW && request->shown_count < CONFINE_SHOWN_MAX) {
        request->shown[request->shown_count++] = options->value;
    } else if (id == BOX_STRICT) {
        request->sandbox.needs =
            CONFINE_NETWORK | CONFINE_FILES | CONFINE_PROCESSES;
    } else {
        fprintf(stderr, "mqttlab sandbox: %s\n",
                id == OPTIONS_ERROR ? options->error : "that is too much");
        return false;
    }
    return true;
}

static int exit_status(const struct sandbox_result *result)
{
    switch (result->end) {
    case SANDBOX_EXITED: return result->status;
    case SANDBOX_KILLED: return EXIT_SIGNAL + result->status;
    case SANDBOX_LATE: return EXIT_LATE;
    case SANDBOX_TOO_MUCH:
    case SANDBOX_TOO_LARGE: return EXIT_TOO_MUCH;
    case SANDBOX_NOT_STARTED: return EXIT_NOT_STARTED;
    }
    return EXIT_NOT_STARTED;
}

static int run(const struct request *request)
{
    struct sandbox_result result;

    sandbox_run(&request->sandbox, &result);
    fwrite(result.output.bytes, 1, result.output.len, stdout);
    fflush(stdout);
    if (result.end != SANDBOX_EXITED) {
        char *what = sandbox_describe(&result);

        fprintf(stderr, "mqttlab sandbox: %s %s\n", request->words[0], what);
        free(what);
    }
    int status = exit_status(&result);
    sandbox_result_release(&result);
    return status;
}

int cmd_sandbox(int argc, char **argv)
{
    struct request request = {
        .sandbox = {.timeout_s = 60,
                    .memory_bytes = 1024ull * MIB,
                    .file_bytes = FILE_BYTES,
                    .output_bytes = OUTPUT_BYTES}
    };
    struct options options;
    int id;

    options_init(&options, table, argc, argv);
    while ((id = options_next(&options)) != OPTIONS_END) {
        if (id == BOX_HELP) {
            usage(stdout);
            return 0;
        }
        if (!take(&request, &options, id))
            return EXIT_USAGE;
    }
    if (!request.word_count) {
        usage(stderr);
        return EXIT_USAGE;
    }
    char *folder = realpath(".", NULL);
    if (!folder) {
        fprintf(stderr, "mqttlab sandbox: this folder: %s\n", strerror(errno));
        return EXIT_NOT_STARTED;
    }
    request.sandbox.folder = folder;
    request.sandbox.argv = request.words;
    request.sandbox.shown = request.shown;
    int status = run(&request);
    free(folder);
    return status;
}

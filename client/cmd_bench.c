/*
 * mqttlab bench: put a load on a broker and measure it.
 */
#include "base/options.h"
#include "client/bench.h"
#include "client/bench_report.h"
#include "client/bench_system.h"
#include "client/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_HOST = 1,
    OPTION_PORT,
    OPTION_CONNECTIONS,
    OPTION_QOS,
    OPTION_PAYLOAD,
    OPTION_WINDOW,
    OPTION_MESSAGES,
    OPTION_SECONDS,
    OPTION_PID,
    OPTION_HELP,
};

/* clang-format off */
static const struct option_spec table[] = {
    {OPTION_HOST, 'h', "host", "HOST", "broker's name or address (127.0.0.1)"},
    {OPTION_PORT, 'p', "port", "PORT", "its port (1883)"},
    {OPTION_CONNECTIONS, 'n', "connections", "N",
     "pairs, publishers or subscribers (50)"},
    {OPTION_QOS, 'q', "qos", "QOS", "QoS (0)"},
    {OPTION_PAYLOAD, 0, "payload", "BYTES", "size of the payload (64)"},
    {OPTION_WINDOW, 0, "window", "N",
     "messages under way per publisher (32)"},
    {OPTION_MESSAGES, 0, "messages", "N", "publish so many"},
    {OPTION_SECONDS, 0, "seconds", "S", "or for so long (3)"},
    {OPTION_PID, 0, "pid", "PID",
     "the broker's process (found by its port, on Linux)"},
    {OPTION_HELP, 0, "help", NULL, "this text"},
    {0, 0, NULL, NULL, NULL},
};
/* clang-format on */

static bool take(struct options *options, int id, struct bench_plan *plan,
                 char *error, size_t size)
{
    long number = 0;

    switch (id) {
    case OPTION_HOST: plan->host = options->value; return true;
    case OPTION_PORT:
        if (!options_number(options, 1, 65535, &number, error, size))
            return false;
        plan->port = (uint16_t)number;
        return true;
    case OPTION_CONNECTIONS:
        if (!options_number(options, 1, 50000, &number, error, size))
            return false;
        plan->connections = (unsigned)number;
        return true;
    case OPTION_QOS:
        if (!options_number(options, 0, 2, &number, error, size))
            return false;
        plan->qos = (uint8_t)number;
        return true;
    case OPTION_PAYLOAD:
        if (!options_number(options, 0, 1 << 24, &number, error, size))
            return false;
        plan->payload_bytes = (uint32_t)number;
        return true;
    case OPTION_WINDOW:
        if (!options_number(options, 1, 10000, &number, error, size))
            return false;
        plan->window = (uint32_t)number;
        return true;
    case OPTION_MESSAGES:
        if (!options_number(options, 1, 1L << 40, &number, error, size))
            return false;
        plan->messages = (uint64_t)number;
        return true;
    case OPTION_SECONDS:
        plan->seconds = strtod(options->value, NULL);
        return true;
    case OPTION_PID:
        if (!options_number(options, 1, 1L << 30, &number, error, size))
            return false;
        plan->pid = (int)number;
        return true;
    }
    return false;
}

int cmd_bench(int argc, char **argv)
{
    struct bench_plan plan = {.host = "127.0.0.1",
                              .port = 1883,
                              .connections = 50,
                              .payload_bytes = 64,
                              .window = 32,
                              .seconds = 3,
                              .version = MQTT_3_1_1};
    struct options options;
    char error[160] = "";
    int id;

    options_init(&options, table, argc, argv);
    while ((id = options_next(&options)) != OPTIONS_END) {
        if (id == OPTIONS_WORD) {
            unsigned w = 0;
            while (bench_workload_name(w) &&
                   strcmp(bench_workload_name(w), options.value))
                w++;
            plan.workload = w;
            if (!bench_workload_name(w))
                return 3;
            continue;
        }
        if (id < 0 || !take(&options, id, &plan, error, sizeof(error))) {
            fprintf(stderr, "mqttlab bench: %s\n",
                    id < 0 ? options.error : error);
            return 3;
        }
    }
    bench_system_many_descriptors();
    if (!plan.pid)
        plan.pid = bench_system_pid_of_port(plan.port);
    struct bench_result *result = calloc(1, sizeof(*result));
    bool ok = bench_run(&plan, result);
    struct buf out = {0};
    bench_report_text(&out, &plan, result);
    fputs(buf_string(&out), stdout);
    buf_release(&out);
    free(result);
    return ok ? 0 : 1;
}

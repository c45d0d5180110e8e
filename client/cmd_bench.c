/*
 * mqttlab bench: put a load on a broker and measure it.
 */
#include "base/alloc.h"
#include "base/options.h"
#include "base/process.h"
#include "client/bench_report.h"
#include "client/bench_usual.h"
#include "client/commands.h"
#include "net/address.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_FAILED = 1, EXIT_USAGE = 3 };

enum {
    OPTION_HOST = 1,
    OPTION_PORT,
    OPTION_CONNECTIONS,
    OPTION_RECEIVERS,
    OPTION_STORED,
    OPTION_OVER,
    OPTION_CA_FILE,
    OPTION_QOS,
    OPTION_VERSION,
    OPTION_PAYLOAD,
    OPTION_WINDOW,
    OPTION_MESSAGES,
    OPTION_SECONDS,
    OPTION_PID,
    OPTION_START,
    OPTION_VS,
    OPTION_ROUNDS,
    OPTION_QUICK,
    OPTION_JSON,
    OPTION_HELP,
};

static const char usage[] =
    "Usage: mqttlab bench [LOAD...] [OPTIONS]\n"
    "Put a load on a broker and measure it. LOAD is one or more of\n"
    "\n"
    "  pairs       N publishers, each to a subscriber of its own\n"
    "  fan-in      N publishers to one subscriber, by a wildcard\n"
    "  fan-out     one publisher to N subscribers\n"
    "  shared      N publishers to subscribers that share\n"
    "  ping-pong   N pairs, one message at a time in each\n"
    "  retained    retained messages to a new \"#\", again and again\n"
    "  connect     N connections, made again and again\n"
    "\n"
    "or, for the broker's memory,\n"
    "\n"
    "  idle        N connections that do nothing: for one\n"
    "  subscribed  the same with a subscription each: for one\n"
    "  filters     many Topic Filters: for one\n"
    "  messages    many retained messages: for one, beyond topic and payload\n"
    "  start       nobody there\n"
    "\n"
    "and all of them, as they are compared best, when none is given. A\n"
    "publisher has a fixed number of messages under way (--window), so no\n"
    "broker is given more than it can take.\n"
    "\n";

/* clang-format off */
static const struct option_spec table[] = {
    {OPTION_HOST, 'h', "host", "HOST", "the broker (127.0.0.1)"},
    {OPTION_PORT, 'p', "port", "PORT", "its port (1883)"},
    {OPTION_CONNECTIONS, 'n', "connections", "N", "see above (50)"},
    {OPTION_RECEIVERS, 0, "receivers", "COUNT",
     "subscribers that share (10)"},
    {OPTION_STORED, 0, "stored", "COUNT",
     "other loads: Topic Filters that match nothing;\n"
     "retained, filters, messages: how many (50000)"},
    {OPTION_OVER, 0, "over", "WAY",
     "tcp, tls, tls-resumed (each connection resumes\n"
     "the session of the last), ws or wss (tcp)"},
    {OPTION_CA_FILE, 0, "cafile", "FILE",
     "who vouches for a broker that runs already (PEM;\n"
     "what the system trusts)"},
    {OPTION_QOS, 'q', "qos", "QOS", "QoS (0), or several: 0,1,2"},
    {OPTION_VERSION, 'V', "protocol-version", "VERSION", "311 or 5 (311)"},
    {OPTION_PAYLOAD, 0, "payload", "BYTES", "size of the payload (64)"},
    {OPTION_WINDOW, 0, "window", "COUNT",
     "messages under way per publisher (128)"},
    {OPTION_MESSAGES, 0, "messages", "COUNT", "publish so many"},
    {OPTION_SECONDS, 0, "seconds", "SECONDS", "or for so long (2)"},
    {OPTION_PID, 0, "pid", "PID",
     "the broker's process, to measure its CPU time;\n"
     "on Linux it is found by its port"},
    {OPTION_START, 0, "start", NULL,
     "start this program's broker on a free port"},
    {OPTION_VS, 0, "vs", "PROGRAM",
     "the same, and compare it with the broker PROGRAM:\n"
     "mosquitto, or a path; or a command in which {conf}\n"
     "stands for a mosquitto.conf, {port} for the port.\n"
     "May be given three times"},
    {OPTION_ROUNDS, 0, "rounds", "COUNT",
     "measure so often and take the median (3 with\n"
     "--vs, or 1)"},
    {OPTION_QUICK, 0, "quick", NULL, "one short round"},
    {OPTION_JSON, 0, "json", "FILE", "write all results to FILE"},
    {OPTION_HELP, 0, "help", NULL, "this text"},
    {0, 0, NULL, NULL, NULL},
};
/* clang-format on */

/* Of the loads that are compared, when nothing else is said. */
#define COMPARE_ROUNDS  3
#define COMPARE_SECONDS 0.6
#define QUICK_SECONDS   0.2

struct command_line {
    struct options words;
    struct bench_plan plan; /* what all loads have in common */
    bool workloads[BENCH_START + 1];
    bool any_workload;
    bool qos[3];
    bool any_qos;
    bool start;
    bool quick;
    const char *vs[BENCH_SIDES - 1];
    unsigned vs_count;
    const char *json;
    long rounds;
    char error[160];
};

/* --- options -------------------------------------------------------------- */

static bool fail(struct command_line *line, const char *why)
{
    snprintf(line->error, sizeof(line->error), "%.40s: %s",
             line->words.given ? line->words.given : "", why);
    return false;
}

static bool take_word(struct command_line *line)
{
    for (unsigned i = 0; bench_workload_name(i); i++) {
        if (!strcmp(bench_workload_name(i), line->words.value)) {
            line->workloads[i] = true;
            line->any_workload = true;
            return true;
        }
    }
    return fail(line, "there is no such load; --help lists them");
}

static bool take_qos(struct command_line *line)
{
    const char *at = line->words.value;

    for (;; at += 2) {
        if (at[0] < '0' || at[0] > '2' || (at[1] && at[1] != ','))
            return fail(line, "QoS is 0, 1 or 2, or several: 0,1,2");
        line->qos[at[0] - '0'] = true;
        line->any_qos = true;
        if (!at[1])
            return true;
    }
}

static bool take_other(struct command_line *line)
{
    if (line->vs_count == BENCH_SIDES - 1)
        return fail(line, "at most three brokers to compare with");
    line->vs[line->vs_count++] = line->words.value;
    line->start = true;
    return true;
}

static bool take_seconds(struct command_line *line)
{
    char *end;

    line->plan.seconds = strtod(line->words.value, &end);
    if (end != line->words.value && !*end && line->plan.seconds > 0 &&
        line->plan.seconds <= 86400)
        return true;
    return fail(line, "is not a number of seconds from 0 to 86400");
}

static bool take_way(struct command_line *line)
{
    for (unsigned i = 0; bench_way_name(i); i++) {
        if (!strcmp(bench_way_name(i), line->words.value)) {
            line->plan.over = (enum bench_way)i;
            return true;
        }
    }
    return fail(line, "goes over tcp, tls, tls-resumed, ws or wss");
}

static bool take_version(struct command_line *line)
{
    const char *value = line->words.value;

    if (!strcmp(value, "311") || !strcmp(value, "mqttv311"))
        line->plan.version = MQTT_3_1_1;
    else if (!strcmp(value, "5") || !strcmp(value, "mqttv5"))
        line->plan.version = MQTT_5;
    else
        return fail(line, "the version is 311 or 5");
    return true;
}

static bool take_number(struct command_line *line, int id)
{
    static const struct {
        int id;
        long min;
        long max;
    } ranges[] = {
        {OPTION_PORT,        1, 65535              },
        {OPTION_CONNECTIONS, 1, 50000              },
        {OPTION_RECEIVERS,   1, 50000              },
        {OPTION_STORED,      1, 10000000           },
        {OPTION_PAYLOAD,     0, 100 << 20          },
        {OPTION_WINDOW,      1, 10000              },
        {OPTION_MESSAGES,    1, 1000L * 1000 * 1000},
        {OPTION_PID,         1, INT_MAX            },
        {OPTION_ROUNDS,      1, 100                },
    };
    long number = 0;

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (ranges[i].id == id &&
            !options_number(&line->words, ranges[i].min, ranges[i].max, &number,
                            line->error, sizeof(line->error)))
            return false;
    }
    switch (id) {
    case OPTION_PORT: line->plan.port = (uint16_t)number; break;
    case OPTION_CONNECTIONS: line->plan.connections = (unsigned)number; break;
    case OPTION_RECEIVERS: line->plan.receivers = (unsigned)number; break;
    case OPTION_STORED: line->plan.stored = (uint32_t)number; break;
    case OPTION_PAYLOAD: line->plan.payload_bytes = (uint32_t)number; break;
    case OPTION_WINDOW: line->plan.window = (uint32_t)number; break;
    case OPTION_MESSAGES: line->plan.messages = (uint64_t)number; break;
    case OPTION_PID: line->plan.pid = (int)number; break;
    case OPTION_ROUNDS: line->rounds = number; break;
    }
    return true;
}

static bool take(struct command_line *line, int id)
{
    switch (id) {
    case OPTIONS_WORD: return take_word(line);
    case OPTION_HOST: line->plan.host = line->words.value; return true;
    case OPTION_OVER: return take_way(line);
    case OPTION_CA_FILE: line->plan.cafile = line->words.value; return true;
    case OPTION_QOS: return take_qos(line);
    case OPTION_VERSION: return take_version(line);
    case OPTION_SECONDS: return take_seconds(line);
    case OPTION_START: line->start = true; return true;
    case OPTION_QUICK: line->quick = true; return true;
    case OPTION_VS: return take_other(line);
    case OPTION_JSON: line->json = line->words.value; return true;
    default: return take_number(line, id);
    }
}

/* Returns true to go on; otherwise *exit_code is set. */
static bool read_options(struct command_line *line, int *exit_code)
{
    int id;

    while ((id = options_next(&line->words)) != OPTIONS_END) {
        if (id == OPTION_HELP) {
            fputs(usage, stdout);
            options_help(table, stdout);
            *exit_code = EXIT_SUCCESS;
            return false;
        }
        if (id == OPTIONS_ERROR || !take(line, id)) {
            fprintf(stderr, "mqttlab bench: %s\n",
                    id == OPTIONS_ERROR ? line->words.error : line->error);
            *exit_code = EXIT_USAGE;
            return false;
        }
    }
    return true;
}

/* --- the loads ------------------------------------------------------------ */

/* What others reach says nothing of another broker than mosquitto. */
static bool bars_hold(const struct bench_versus *versus)
{
    return versus->sides > 1 && !strcmp(versus->programs[1].name, "mosquitto");
}

static void add_usual(struct bench_versus *versus,
                      const struct command_line *line)
{
    struct bench_case which;

    for (unsigned i = 0; bench_usual(i, &line->plan, &which); i++) {
        bool ours = which.plan.variant || which.max_bytes > 0;

        if (line->any_qos && !line->qos[which.plan.qos])
            continue;
        if (which.plan.variant && !line->start)
            continue; /* how it is started is not ours to say */
        if (!ours && !bars_hold(versus))
            which.max_ratio = 0;
        bench_versus_add(versus, &which);
    }
}

static void add_chosen(struct bench_versus *versus,
                       const struct command_line *line)
{
    struct bench_case which = {.plan = line->plan};

    for (unsigned i = 0; bench_workload_name(i); i++) {
        bool messages = bench_has_messages((enum bench_workload)i);

        which.plan.workload = (enum bench_workload)i;
        for (unsigned qos = 0; qos <= (messages ? 2 : 0); qos++) {
            struct bench_case one = which;

            one.plan.qos = (uint8_t)qos;
            bench_usual_complete(&one.plan);
            if (line->workloads[i] &&
                (!messages || line->qos[qos] || (!line->any_qos && qos == 0)))
                bench_versus_add(versus, &one);
        }
    }
}

/* --- running -------------------------------------------------------------- */

static void print(struct buf *text)
{
    fputs(buf_string(text), stdout);
    fflush(stdout);
    buf_release(text);
}

static void on_case(const struct bench_versus *versus,
                    const struct bench_case *which)
{
    struct buf text = {0};

    if (versus->sides > 1)
        bench_report_table_line(&text, versus, which);
    else
        bench_report_text(&text, &which->plan, which->results[BENCH_OURS]);
    print(&text);
}

static bool write_json(const struct bench_versus *versus, const char *path)
{
    struct buf text = {0};
    FILE *file = fopen(path, "w");

    if (!file) {
        perror(path);
        return false;
    }
    bench_report_json(&text, versus);
    fwrite(text.bytes, 1, text.len, file);
    buf_release(&text);
    if (fclose(file)) {
        perror(path);
        return false;
    }
    return true;
}

static int find_broker(uint16_t port)
{
    char name[32];
    pid_t pid = 0;

    return process_listening_on(port, &pid, name, sizeof(name)) ? 0 : (int)pid;
}

static int run(struct command_line *line, struct bench_versus *versus)
{
    bool ok;

    process_many_descriptors();
    if (!line->start && !line->plan.pid)
        line->plan.pid = find_broker(line->plan.port);
    if (versus->sides > 1) {
        struct buf head = {0};

        bench_report_table_head(&head, versus);
        print(&head);
    }
    if (line->any_workload)
        add_chosen(versus, line);
    else
        add_usual(versus, line);
    ok = bench_versus_run(versus);
    if (line->json && !write_json(versus, line->json))
        ok = false;
    return ok ? EXIT_SUCCESS : EXIT_FAILED;
}

/* "mosquitto" of "/usr/sbin/mosquitto -c {conf}"; the number of the side goes
   behind it when another one has that name. */
static char *name_of(const struct bench_versus *versus, const char *command)
{
    size_t len = strcspn(command, " ");

    while (len && command[len - 1] == '/')
        len--;
    const char *begin = command + len;
    while (begin > command && begin[-1] != '/')
        begin--;
    char *name = alloc_string_of(begin, (size_t)(command + len - begin));
    for (unsigned side = 0; side < versus->sides; side++) {
        if (!strcmp(name, versus->programs[side].name)) {
            char *longer = alloc_printf("%s %u", name, versus->sides);

            free(name);
            return longer;
        }
    }
    return name;
}

/* Without the other broker ours is still worth measuring. */
static void find_other(const char *name, struct bench_versus *versus)
{
    char path[PATH_MAX];
    bool words = strstr(name, "{conf}") || strstr(name, "{port}");

    if (words || bench_broker_find(name, versus->programs[BENCH_OURS].command,
                                   path, sizeof(path))) {
        versus->programs[versus->sides] = (struct bench_program){
            .name = name_of(versus, name),
            .command = alloc_string(words ? name : path),
        };
        versus->sides++;
        return;
    }
    fprintf(stderr, "mqttlab bench: there is no %s here: measuring %s.\n", name,
            versus->sides > 1 ? "without it" : "alone");
    if (!strcmp(name, "mosquitto"))
        fputs("It comes with the package mosquitto: apt-get install "
              "mosquitto\n",
              stderr);
}

static void set_programs(const struct command_line *line,
                         struct bench_versus *versus)
{
    versus->sides = 1;
    versus->programs[BENCH_OURS] = (struct bench_program){
        .name = alloc_string("mqttlab"),
        .command = line->start ? process_self_path("mqttlab") : NULL,
        .own = true,
    };
    for (unsigned i = 0; i < line->vs_count; i++)
        find_other(line->vs[i], versus);
}

static void release(struct bench_versus *versus)
{
    for (unsigned i = 0; i < versus->sides; i++) {
        free((char *)(uintptr_t)versus->programs[i].name);
        free((char *)(uintptr_t)versus->programs[i].command);
    }
    bench_versus_release(versus);
}

/* How long, and how often. */
static void set_effort(struct command_line *line, struct bench_versus *versus)
{
    bool compares = line->vs_count && !line->any_workload;

    if (line->plan.seconds <= 0 && line->quick)
        line->plan.seconds = QUICK_SECONDS;
    if (line->plan.seconds <= 0 && compares)
        line->plan.seconds = COMPARE_SECONDS;
    versus->rounds = 1;
    if (line->rounds)
        versus->rounds = (unsigned)line->rounds;
    else if (line->vs_count && !line->quick)
        versus->rounds = COMPARE_ROUNDS;
}

int cmd_bench(int argc, char **argv)
{
    struct command_line line = {
        .plan = {.host = "127.0.0.1",
                 .port = ADDRESS_PORT,
                 .payload_bytes = UINT32_MAX,
                 .version = MQTT_3_1_1},
    };
    struct bench_versus versus = {.on_case = on_case};
    int exit_code;

    options_init(&line.words, table, argc, argv);
    if (!read_options(&line, &exit_code))
        return exit_code;
    set_programs(&line, &versus);
    set_effort(&line, &versus);
    exit_code = run(&line, &versus);
    release(&versus);
    return exit_code;
}

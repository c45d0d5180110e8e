#include "client/bench_report.h"

#include "base/alloc.h"

#include <jansson.h>
#include <stdlib.h>

static const double percents[] = {50, 90, 99, 99.9};
static const char *const percent_names[] = {"p50", "p90", "p99", "p99.9"};

#define PERCENTS (sizeof(percents) / sizeof(percents[0]))

static double latency_us(const struct bench_result *result, double percent)
{
    return (double)histogram_percentile(&result->latency, percent) / 1000;
}

/* --- one run -------------------------------------------------------------- */

static void put_latency(struct buf *out, const struct bench_result *result)
{
    if (result->latency.count == 0)
        return;
    buf_append_string(out, "  latency us  ");
    for (size_t i = 0; i < PERCENTS; i++)
        buf_printf(out, "  %s %.1f", percent_names[i],
                   latency_us(result, percents[i]));
    buf_printf(out, "  max %.1f\n", (double)result->latency.max / 1000);
}

static void put_connections(struct buf *out, const struct bench_plan *plan,
                            const struct bench_result *result)
{
    if (bench_is_memory(plan->workload) && result->bytes < 0)
        buf_append_string(out, "  memory        not known\n");
    else if (plan->workload == BENCH_START)
        buf_printf(out, "  memory        %.0f bytes\n", result->bytes);
    else if (bench_is_memory(plan->workload))
        buf_printf(out, "  memory        %.0f bytes a %s\n", result->bytes,
                   plan->workload == BENCH_FILTERS    ? "Topic Filter"
                   : plan->workload == BENCH_MESSAGES ? "retained message"
                                                      : "connection");
    else
        buf_printf(out, "  connected     %.0f a second (%llu in %.2f s)\n",
                   bench_rate(result), (unsigned long long)result->measured,
                   result->seconds);
}

static void put_messages(struct buf *out, const struct bench_plan *plan,
                         const struct bench_result *result)
{
    buf_printf(out, "  delivered     %.0f messages/s (%llu in %.2f s)\n",
               bench_rate(result), (unsigned long long)result->measured,
               result->seconds);
    buf_printf(out, "  lost          %llu of %llu",
               (unsigned long long)result->lost,
               (unsigned long long)result->delivered +
                   (unsigned long long)result->lost);
    if (result->delivered > result->measured)
        buf_append_string(out, ", with the warm-up");
    if (plan->payload_bytes >= BENCH_SEQUENCE_BYTES)
        buf_printf(out, "; out of order: %llu",
                   (unsigned long long)result->out_of_order);
    buf_append_u8(out, '\n');
}

/* What a load is, in a few words. */
static void put_label(struct buf *out, const struct bench_plan *plan)
{
    enum bench_workload workload = plan->workload;
    bool stores = workload == BENCH_RETAINED || workload == BENCH_FILTERS ||
                  workload == BENCH_MESSAGES;

    buf_append_string(out, bench_workload_name(workload));
    if (workload != BENCH_START)
        buf_printf(out, " %u", stores ? plan->stored : plan->connections);
    if (workload == BENCH_SHARED)
        buf_printf(out, " to %u", plan->receivers);
    if (bench_has_messages(workload))
        buf_printf(out, ", QoS %d", plan->qos);
    if (bench_has_messages(workload) && plan->payload_bytes != 64)
        buf_printf(out, ", %u bytes", plan->payload_bytes);
    if (workload <= BENCH_SHARED && plan->window == 1)
        buf_append_string(out, ", one at a time");
    if (workload <= BENCH_PING_PONG && plan->stored)
        buf_printf(out, ", %u filters", plan->stored);
    if (plan->over)
        buf_printf(out, ", %s", bench_way_name(plan->over));
    if (plan->variant == BENCH_TAPPED)
        buf_append_string(out, ", tap read");
    if (plan->variant == BENCH_PERSISTENT)
        buf_append_string(out, ", persistence");
}

void bench_report_text(struct buf *out, const struct bench_plan *plan,
                       const struct bench_result *result)
{
    put_label(out, plan);
    if (plan->workload <= BENCH_SHARED)
        buf_printf(out, ", window %u", plan->window);
    buf_append_u8(out, '\n');
    if (result->error[0]) {
        buf_printf(out, "  failed: %s\n", result->error);
        return;
    }
    if (bench_has_messages(plan->workload))
        put_messages(out, plan, result);
    else
        put_connections(out, plan, result);
    if (bench_cpu_us(result) >= 0)
        buf_printf(out, "  broker CPU    %.3f us each\n", bench_cpu_us(result));
    if (result->measured)
        buf_printf(out, "  generator CPU %.3f us each\n",
                   (double)result->generator_cpu_us / (double)result->measured);
    put_latency(out, result);
}

/* --- side by side --------------------------------------------------------- */

#define LABEL_WIDTH 36

static void pad(struct buf *out, uint32_t begin, uint32_t width)
{
    while (out->len < begin + width)
        buf_append_u8(out, ' ');
}

void bench_report_table_head(struct buf *out, const struct bench_versus *versus)
{
    pad(out, out->len, LABEL_WIDTH);
    for (unsigned side = 0; side < versus->sides; side++)
        buf_printf(out, "  %*.*s", side ? 28 : 20, side ? 28 : 20,
                   versus->programs[side].name);
    buf_append_string(out, "\nload");
    pad(out, out->len, LABEL_WIDTH - 4);
    for (unsigned side = 0; side < versus->sides; side++)
        buf_printf(out, "  %10s%10s%s", "/s", "us/bytes",
                   side ? "   ratio" : "");
    buf_append_string(out, "  at most\n");
}

/* A column that stays empty when the number is not known. */
static void put_column(struct buf *out, int width, int digits, double number)
{
    if (number < 0)
        buf_printf(out, "%*s", width, "-");
    else
        buf_printf(out, "%*.*f", width, digits, number);
}

static void put_side(struct buf *out, const struct bench_case *which,
                     unsigned side)
{
    const struct bench_result *result = which->results[side];
    bool memory = bench_is_memory(which->plan.workload);

    buf_append_string(out, "  ");
    if (!result) {
        buf_printf(out, "%20s", "");
    } else if (result->error[0]) {
        buf_printf(out, "%20s", "failed");
    } else {
        put_column(out, 10, 0, memory ? -1 : bench_rate(result));
        put_column(out, 10, memory ? 0 : 3,
                   memory ? result->bytes : bench_cpu_us(result));
    }
    if (side && result)
        put_column(out, 8, 3, bench_versus_ratio(which, side));
}

static void put_verdict(struct buf *out, const struct bench_case *which)
{
    static const char *const words[] = {
        [BENCH_NO_BAR] = "", [BENCH_MET] = "  ok", [BENCH_MISSED] = "  MISSED"};

    if (which->max_bytes > 0)
        put_column(out, 9, 0, which->max_bytes);
    else if (which->max_ratio > 0)
        put_column(out, 9, 3, which->max_ratio);
    buf_append_string(out, words[bench_versus_verdict(which)]);
}

static const char *side_name(const struct bench_versus *versus,
                             const struct bench_case *which, unsigned side)
{
    return which->plan.variant && side ? "without"
                                       : versus->programs[side].name;
}

void bench_report_table_line(struct buf *out, const struct bench_versus *versus,
                             const struct bench_case *which)
{
    uint32_t begin = out->len;

    put_label(out, &which->plan);
    pad(out, begin, LABEL_WIDTH);
    for (unsigned side = 0; side < versus->sides; side++)
        put_side(out, which, side);
    put_verdict(out, which);
    buf_append_u8(out, '\n');
    if (which->records_lost)
        buf_printf(out, "    of %llu records %llu were not read in time\n",
                   (unsigned long long)which->records_read,
                   (unsigned long long)which->records_lost);
    for (unsigned side = 0; side < BENCH_SIDES; side++) {
        if (which->lost[side] || which->out_of_order[side])
            buf_printf(out, "    %s: %llu LOST, %llu OUT OF ORDER\n",
                       side_name(versus, which, side),
                       (unsigned long long)which->lost[side],
                       (unsigned long long)which->out_of_order[side]);
        if (which->results[side] && which->results[side]->error[0])
            buf_printf(out, "    %s: %s\n", side_name(versus, which, side),
                       which->results[side]->error);
    }
}

/* --- JSON ----------------------------------------------------------------- */

static json_t *known(double number)
{
    return number < 0 ? json_null() : json_real(number);
}

static json_t *result_json(const struct bench_case *which, unsigned side)
{
    const struct bench_result *result = which->results[side];
    json_t *latency = json_object();

    if (result->error[0]) {
        json_decref(latency);
        return json_pack("{s:s}", "error", result->error);
    }
    for (size_t i = 0; result->latency.count && i < PERCENTS; i++)
        json_object_set_new(latency, percent_names[i],
                            json_real(latency_us(result, percents[i])));
    if (result->latency.count)
        json_object_set_new(latency, "max",
                            json_real((double)result->latency.max / 1000));
    return json_pack(
        "{s:o, s:I, s:f, s:o, s:I, s:o, s:I, s:I, s:o}", "per_second",
        known(bench_rate(result)), "measured", (json_int_t)result->measured,
        "seconds", result->seconds, "broker_cpu_us",
        known(bench_cpu_us(result)), "generator_cpu_us_total",
        (json_int_t)result->generator_cpu_us, "bytes", known(result->bytes),
        "lost", (json_int_t)which->lost[side], "out_of_order",
        (json_int_t)which->out_of_order[side], "latency_us", latency);
}

static json_t *at_most(const struct bench_case *which)
{
    static const char *const words[] = {[BENCH_NO_BAR] = "not known",
                                        [BENCH_MET] = "ok",
                                        [BENCH_MISSED] = "missed"};
    bool bytes = which->max_bytes > 0;

    if (!bytes && which->max_ratio <= 0)
        return json_null();
    return json_pack("{s:f, s:s}", bytes ? "bytes" : "ratio",
                     bytes ? which->max_bytes : which->max_ratio, "verdict",
                     words[bench_versus_verdict(which)]);
}

static json_t *case_json(const struct bench_versus *versus,
                         const struct bench_case *which)
{
    const struct bench_plan *plan = &which->plan;
    struct buf label = {0};

    put_label(&label, plan);
    json_t *json = json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:i, s:I, s:I, s:o}", "load",
        bench_workload_name(plan->workload), "label", buf_string(&label),
        "connections", (json_int_t)plan->connections, "receivers",
        (json_int_t)plan->receivers, "stored", (json_int_t)plan->stored, "qos",
        plan->qos, "window", (json_int_t)plan->window, "payload_bytes",
        (json_int_t)plan->payload_bytes, "at_most", at_most(which));
    buf_release(&label);
    if (plan->variant == BENCH_TAPPED)
        json_object_set_new(json, "records",
                            json_pack("{s:I, s:I}", "read",
                                      (json_int_t)which->records_read, "lost",
                                      (json_int_t)which->records_lost));
    for (unsigned side = 0; side < BENCH_SIDES; side++) {
        const char *name = side_name(versus, which, side);
        json_t *result = which->results[side] ? result_json(which, side) : NULL;

        if (result && side)
            json_object_set_new(result, "ratio",
                                known(bench_versus_ratio(which, side)));
        if (result)
            json_object_set_new(json, name, result);
    }
    return json;
}

void bench_report_json(struct buf *out, const struct bench_versus *versus)
{
    json_t *cases = json_array();
    json_t *all = json_pack("{s:s, s:i, s:o}", "version", MQTTLAB_VERSION,
                            "rounds", (int)versus->rounds, "cases", cases);

    for (size_t i = 0; i < versus->count; i++)
        json_array_append_new(cases, case_json(versus, &versus->cases[i]));
    char *text = json_dumps(all, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    buf_append_string(out, text);
    buf_append_u8(out, '\n');
    free(text);
    json_decref(all);
}

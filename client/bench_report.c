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

/* --- one run --------------------------------------------------------------- */

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
    if (plan->workload == BENCH_IDLE && result->connection_bytes < 0)
        buf_append_string(out, "  memory        not known\n");
    else if (plan->workload == BENCH_IDLE)
        buf_printf(out, "  memory        %lld bytes a connection\n",
                   (long long)result->connection_bytes);
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
    if (plan->payload_bytes >= BENCH_SEQUENCE_BYTES)
        buf_printf(out, "; out of order: %llu",
                   (unsigned long long)result->out_of_order);
    buf_append_u8(out, '\n');
}

void bench_report_text(struct buf *out, const struct bench_plan *plan,
                       const struct bench_result *result)
{
    bool connections =
        plan->workload == BENCH_IDLE || plan->workload == BENCH_CONNECT;

    buf_append_string(out, bench_workload_name(plan->workload));
    if (plan->workload != BENCH_PING_PONG)
        buf_printf(out, ", %u connections", plan->connections);
    if (!connections)
        buf_printf(out, ", QoS %d, %u bytes", plan->qos, plan->payload_bytes);
    if (!connections && plan->workload != BENCH_PING_PONG)
        buf_printf(out, ", window %u", plan->window);
    buf_append_u8(out, '\n');
    if (result->error[0]) {
        buf_printf(out, "  failed: %s\n", result->error);
        return;
    }
    if (connections)
        put_connections(out, plan, result);
    else
        put_messages(out, plan, result);
    if (bench_cpu_us(result) >= 0)
        buf_printf(out, "  broker CPU    %.3f us each\n", bench_cpu_us(result));
    if (result->measured)
        buf_printf(out, "  generator CPU %.3f us each\n",
                   (double)result->generator_cpu_us / (double)result->measured);
    put_latency(out, result);
}

/* --- side by side ---------------------------------------------------------- */

void bench_report_table_head(struct buf *out, const char *theirs)
{
    buf_printf(out, "%-24s  %-31s  %-31s\n", "", "mqttlab", theirs);
    buf_printf(out, "%-24s  %10s %9s %10s  %10s %9s %10s  %6s\n", "load", "/s",
               "CPU us", "p99 us", "/s", "CPU us", "p99 us", "ratio");
}

/* A column that stays empty when the number is not known. */
static void put_column(struct buf *out, int width, int digits, double number)
{
    if (number < 0)
        buf_printf(out, "%*s", width, "-");
    else
        buf_printf(out, "%*.*f", width, digits, number);
}

static void put_side(struct buf *out, const struct bench_plan *plan,
                     const struct bench_result *result)
{
    buf_append_string(out, "  ");
    if (!result || result->error[0]) {
        buf_printf(out, "%-31s", "failed");
    } else if (plan->workload == BENCH_IDLE) {
        put_column(out, 20, 0, (double)result->connection_bytes);
        buf_append_string(out, " bytes each");
    } else {
        put_column(out, 10, 0, bench_rate(result));
        put_column(out, 10, 3, bench_cpu_us(result));
        put_column(out, 11, 0,
                   result->latency.count ? latency_us(result, 99) : -1);
    }
}

void bench_report_table_line(struct buf *out, const struct bench_case *which)
{
    const struct bench_plan *plan = &which->plan;
    char name[40];
    bool messages =
        plan->workload != BENCH_IDLE && plan->workload != BENCH_CONNECT;

    snprintf(name, sizeof(name), "%s %u", bench_workload_name(plan->workload),
             plan->connections);
    if (plan->workload == BENCH_PING_PONG)
        snprintf(name, sizeof(name), "%s", bench_workload_name(plan->workload));
    buf_printf(out, "%-17s", name);
    if (messages)
        buf_printf(out, " QoS %d ", plan->qos);
    else
        buf_printf(out, "%7s", "");
    put_side(out, plan, which->results[BENCH_OURS]);
    put_side(out, plan, which->results[BENCH_THEIRS]);
    buf_append_string(out, "  ");
    put_column(out, 6, 3, bench_versus_ratio(which));
    buf_append_u8(out, '\n');
    for (unsigned side = 0; side < BENCH_SIDES; side++) {
        if (which->lost[side] || which->out_of_order[side])
            buf_printf(out, "    %s: %llu lost, %llu out of order\n",
                       side == BENCH_OURS ? "mqttlab" : "the other",
                       (unsigned long long)which->lost[side],
                       (unsigned long long)which->out_of_order[side]);
        if (which->results[side] && which->results[side]->error[0])
            buf_printf(out, "    %s: %s\n",
                       side == BENCH_OURS ? "mqttlab" : "the other",
                       which->results[side]->error);
    }
}

/* --- JSON ------------------------------------------------------------------ */

static json_t *known(double number)
{
    return number < 0 ? json_null() : json_real(number);
}

static json_t *result_json(const struct bench_case *which, unsigned side)
{
    const struct bench_result *result = which->results[side];
    json_t *latency = json_object();

    if (!result) {
        json_decref(latency);
        return json_null();
    }
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
        (json_int_t)result->generator_cpu_us, "connection_bytes",
        known((double)result->connection_bytes), "lost",
        (json_int_t)which->lost[side], "out_of_order",
        (json_int_t)which->out_of_order[side], "latency_us", latency);
}

static json_t *case_json(const struct bench_case *which, bool both)
{
    const struct bench_plan *plan = &which->plan;
    json_t *json =
        json_pack("{s:s, s:I, s:i, s:I, s:I, s:o}", "load",
                  bench_workload_name(plan->workload), "connections",
                  (json_int_t)plan->connections, "qos", plan->qos, "window",
                  (json_int_t)plan->window, "payload_bytes",
                  (json_int_t)plan->payload_bytes, both ? "mqttlab" : "broker",
                  result_json(which, BENCH_OURS));

    if (both) {
        json_object_set_new(json, "other", result_json(which, BENCH_THEIRS));
        json_object_set_new(json, "ratio", known(bench_versus_ratio(which)));
    }
    return json;
}

void bench_report_json(struct buf *out, const struct bench_versus *versus)
{
    json_t *cases = json_array();
    json_t *all = json_pack("{s:s, s:i, s:o}", "version", MQTTLAB_VERSION,
                            "rounds", (int)versus->rounds, "cases", cases);

    for (size_t i = 0; i < versus->count; i++)
        json_array_append_new(
            cases, case_json(&versus->cases[i], versus->program != NULL));
    if (versus->program)
        json_object_set_new(all, "other", json_string(versus->program));
    char *text = json_dumps(all, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    buf_append_string(out, text);
    buf_append_u8(out, '\n');
    free(text);
    json_decref(all);
}

#include "client/bench_report.h"

static void put_latency(struct buf *out, const struct histogram *latency)
{
    static const double percents[] = {50, 90, 99, 99.9};

    if (latency->count == 0)
        return;
    buf_append_string(out, "  latency     ");
    for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++)
        buf_printf(out, " p%g %.1f us ", percents[i],
                   (double)histogram_percentile(latency, percents[i]) / 1000);
    buf_printf(out, " max %.1f us\n", (double)latency->max / 1000);
}

void bench_report_text(struct buf *out, const struct bench_plan *plan,
                       const struct bench_result *result)
{
    buf_printf(out, "%s, %u connections, QoS %d, %u bytes, window %u\n",
               bench_workload_name(plan->workload), plan->connections,
               plan->qos, plan->payload_bytes, plan->window);
    if (result->error[0]) {
        buf_printf(out, "  failed: %s\n", result->error);
        return;
    }
    buf_printf(out, "  delivered    %.0f messages/s (%llu in %.2f s)\n",
               bench_rate(result), (unsigned long long)result->measured,
               result->seconds);
    if (bench_cpu_us(result) >= 0)
        buf_printf(out, "  broker CPU   %.3f us per delivered message\n",
                   bench_cpu_us(result));
    buf_printf(out, "  generator    %.3f us per delivered message\n",
               result->measured
                   ? (double)result->generator_cpu_us / (double)result->measured
                   : 0);
    put_latency(out, &result->latency);
    buf_printf(out, "  lost %llu, out of order %llu\n",
               (unsigned long long)result->lost,
               (unsigned long long)result->out_of_order);
}

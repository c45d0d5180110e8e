/*
 * What the dashboard costs: a picture, the first picture of a long recording,
 * memory, the size of the program. All of it is printed; MQTTLAB_BENCH=1 in the
 * environment (make bench) makes the numbers larger, and a missed target a
 * failure.
 */
#include "suites.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "sample.h"
#include "tui/app.h"
#include "tui/export.h"
#include "tui/source.h"
#include "wire/pcapng.h"

/* Targets. */
#define PICTURE_US   10000    /* of 50 ms from key to picture */
#define FIRST_MS     1000     /* of a recording of 1,000,000 packets */
#define MEMORY_BYTES 32000000 /* of 100,000 packets with 64 bytes */

static bool is_bench(void)
{
    return getenv("MQTTLAB_BENCH") != NULL;
}

static void take(void *owner, const struct record *record)
{
    store_add(owner, record);
}

/* Publishers take turns, and so do topics; QoS 1, with what belongs to it. */
static void tell(struct sample *sample, unsigned packets)
{
    static const char payload[] = "0123456789abcdef0123456789abcdef"
                                  "0123456789abcdef0123456789abcdef";
    char topic[32];

    for (unsigned i = 0; i < packets; i += 2) {
        struct sample_way way = {.connection = 1 + i / 2 % 20,
                                 .version = MQTT_3_1_1};

        snprintf(topic, sizeof(topic), "house/%u/temp", i / 2 % 50);
        sample_publish(sample, way, (uint16_t)(1 + i % 60000), 1, topic,
                       payload);
        way.to_client = true;
        sample_ack(sample, way, MQTT_PUBACK, (uint16_t)(1 + i % 60000));
    }
}

static struct store *story(struct sample *sample, unsigned packets)
{
    struct store *store = store_new(0);

    sample_begin(sample, take, store);
    sample_story(sample);
    tell(sample, packets);
    store_catch_up(store, 0);
    store_set_now(store, sample->time_ns);
    return store;
}

static uint64_t draw_us(struct app *app, struct grid *grid, enum view_id view)
{
    const int pictures = 20;
    int64_t cpu = clock_process_cpu_us(0);

    app_show(app, view);
    for (int i = 0; i < pictures; i++)
        app_draw(app, grid);
    return (uint64_t)(clock_process_cpu_us(0) - cpu) / (uint64_t)pictures;
}

START_TEST(a_picture_of_100000_packets_is_drawn_soon)
{
    struct sample sample;
    struct store *store = story(&sample, 100000);
    struct app *app = app_new(store, NULL, NULL);
    struct grid grid;
    uint64_t slowest_us = 0;
    enum view_id slowest = VIEW_PACKETS;

    ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
    grid_init(&grid, 40, 120, false);
    for (int zoomed = 0; zoomed < 2; zoomed++) {
        app->zoomed = zoomed;
        for (int view = 0; view < VIEW_COUNT; view++) {
            uint64_t us = draw_us(app, &grid, (enum view_id)view);

            slowest = us > slowest_us ? (enum view_id)view : slowest;
            slowest_us = us > slowest_us ? us : slowest_us;
        }
    }
    printf(
        "pace: 100,000 packets: a picture of 120x40 takes at most %llu us of "
        "CPU (%s); at most %d\n",
        (unsigned long long)slowest_us, keys_view_name(slowest), PICTURE_US);
    if (is_bench())
        ck_assert_uint_le(slowest_us, PICTURE_US);
    grid_release(&grid);
    app_free(app);
    store_free(store);
    sample_end(&sample);
}
END_TEST

START_TEST(packets_take_little_memory)
{
    struct sample sample;
    struct store *store = story(&sample, 100000);
    size_t bytes = history_bytes(store->history);

    printf("pace: 100,000 packets take %.1f MB; at most %.0f\n",
           (double)bytes / 1e6, MEMORY_BYTES / 1e6);
    ck_assert_uint_le(bytes, MEMORY_BYTES);
    store_free(store);
    sample_end(&sample);
}
END_TEST

static void write_record(void *owner, const struct record *record)
{
    ck_assert_int_eq(pcapng_write(owner, record), 0);
}

/* Read as the screen does it: for 15 ms, then there is a picture. */
START_TEST(the_first_picture_of_a_long_recording_comes_soon)
{
    unsigned packets = is_bench() ? 1000000 : 20000;
    char path[] = "/tmp/mqttlab-test-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "wb");
    struct pcapng_writer *writer = pcapng_writer_new(file, NULL);
    struct store *store = store_new(48 << 20);
    struct sample sample;
    struct source source;
    char error[200];

    sample_begin(&sample, write_record, writer);
    tell(&sample, packets);
    ck_assert_int_eq(pcapng_flush(writer), 0);
    pcapng_writer_free(writer);
    fclose(file);

    struct app *app = app_new(store, NULL, NULL);
    struct grid grid;
    grid_init(&grid, 40, 120, true);
    uint64_t start_ns = clock_read_monotonic_ns();
    source_init(&source, store);
    ck_assert_int_eq(source_open_file(&source, path, error, sizeof(error)), 0);
    source_poll(&source, 15 * CLOCK_NS_PER_MS);
    store_catch_up(store, 8 * CLOCK_NS_PER_MS);
    app_draw(app, &grid);
    uint64_t first_ns = clock_read_monotonic_ns() - start_ns;
    ck_assert_uint_gt(store_count(store, STORE_PACKETS), 100);
    while (source_reading(&source)) {
        source_poll(&source, 15 * CLOCK_NS_PER_MS);
        store_catch_up(store, 8 * CLOCK_NS_PER_MS);
    }
    ck_assert_uint_eq(history_packets(store->history), packets);
    printf("pace: a recording of %u packets: first picture after %.1f ms, all "
           "read after %.1f s; at most %d ms\n",
           packets, (double)first_ns / 1e6,
           (double)(clock_read_monotonic_ns() - start_ns) / 1e9, FIRST_MS);
    if (is_bench())
        ck_assert_uint_le(first_ns, FIRST_MS * CLOCK_NS_PER_MS);
    source_close(&source);
    grid_release(&grid);
    app_free(app);
    store_free(store);
    sample_end(&sample);
    unlink(path);
}
END_TEST

Suite *pace_suite(void)
{
    Suite *suite = suite_create("pace");
    TCase *tcase = unit_case(suite, "pace", 120);

    tcase_add_test(tcase, a_picture_of_100000_packets_is_drawn_soon);
    tcase_add_test(tcase, packets_take_little_memory);
    tcase_add_test(tcase, the_first_picture_of_a_long_recording_comes_soon);
    return suite;
}

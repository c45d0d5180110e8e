/* The cable is cut into the same units, wherever its pieces begin and end. */
#include "suites.h"

#include "cable_sample.h"
#include "wire/cable_units.h"

#define MAX_UNITS 64

/* Where units begin in a stream, and of which kind they are. */
struct units {
    uint32_t at[MAX_UNITS];
    uint8_t kind[MAX_UNITS];
    size_t count;
};

static void take(struct cable_units *state, struct units *units,
                 struct slice stream, uint32_t from, uint32_t len, bool is_web)
{
    struct slice piece = slice_of(stream.bytes + from, len);
    struct cable_place place = cable_units_take(state, false, is_web, piece);
    struct cable_unit unit;
    uint32_t at = 0;

    while (cable_units_next(&place, piece, &at, &unit)) {
        if (!unit.begins)
            continue;
        ck_assert_uint_lt(units->count, MAX_UNITS);
        units->at[units->count] = from + unit.at;
        units->kind[units->count++] = (uint8_t)unit.kind;
    }
}

static struct units cut(struct slice stream, uint32_t size, bool is_web)
{
    struct cable_units state = {0};
    struct units units = {0};

    for (uint32_t from = 0; from < stream.len; from += size) {
        uint32_t rest = (uint32_t)stream.len - from;

        take(&state, &units, stream, from, rest < size ? rest : size, is_web);
    }
    return units;
}

static void assert_same(const struct units *a, const struct units *b,
                        uint32_t size)
{
    ck_assert_msg(a->count == b->count, "pieces of %u: %zu units, not %zu",
                  (unsigned)size, b->count, a->count);
    for (size_t i = 0; i < a->count; i++) {
        ck_assert_msg(a->at[i] == b->at[i], "pieces of %u: unit %zu at %u",
                      (unsigned)size, i, (unsigned)b->at[i]);
        ck_assert_int_eq(a->kind[i], b->kind[i]);
    }
}

/* Connection of the sample, what it speaks, and units of the broker's. */
static const struct {
    uint32_t connection;
    bool is_web;
    size_t units;
} streams[] = {
    {2, false, 11},
    {3, false, 11},
    {5, true,  4 },
};

START_TEST(units_are_the_same_in_pieces_of_any_size)
{
    struct history *history = cable_sample_history();
    struct buf stream =
        cable_sample_stream(history, streams[_i].connection, false);
    bool is_web = streams[_i].is_web;
    struct units whole = cut(buf_slice(&stream), UINT32_MAX, is_web);

    ck_assert_uint_eq(whole.count, streams[_i].units);
    for (uint32_t size = 1; size < stream.len; size++) {
        struct units pieces = cut(buf_slice(&stream), size, is_web);

        assert_same(&whole, &pieces, size);
    }
    buf_release(&stream);
    history_free(history);
}
END_TEST

START_TEST(bytes_that_are_neither_are_one_unit_until_tls_begins)
{
    struct cable_units state = {0};
    uint8_t bytes[20];
    size_t len = unit_hex("99 99 16 03 01", bytes, sizeof(bytes));
    struct cable_unit unit;
    uint32_t at = 0;

    struct cable_place place =
        cable_units_take(&state, true, false, slice_of(bytes, len));
    ck_assert_int_eq(place.kind, CABLE_UNKNOWN);
    ck_assert(cable_units_next(&place, slice_of(bytes, len), &at, &unit));
    ck_assert_uint_eq(unit.here, len);
    ck_assert_uint_eq(unit.header, 0);
    place = cable_units_take(&state, true, false, slice_of(bytes + 2, 3));
    ck_assert_int_eq(place.kind, CABLE_TLS);
}
END_TEST

START_TEST(after_a_loss_the_next_piece_begins_anew)
{
    struct cable_units state = {0};
    uint8_t bytes[20];
    size_t len = unit_hex("17 03 03 00 10 aa bb", bytes, sizeof(bytes));

    cable_units_take(&state, true, false, slice_of(bytes, len));
    struct cable_place place =
        cable_units_take(&state, true, false, slice_of(bytes, len));
    ck_assert_uint_eq(place.skip, len);
    cable_units_lose(&state, true);
    place = cable_units_take(&state, true, false, slice_of(bytes, len));
    ck_assert_uint_eq(place.skip, 0);
    ck_assert_int_eq(place.kind, CABLE_TLS);
}
END_TEST

START_TEST(a_page_is_no_frame_and_the_next_request_is_seen)
{
    static const char request[] = "GET /page HTTP/1.1\r\nHost: a\r\n\r\n";
    static const char answer[] = "HTTP/1.1 200 OK\r\n\r\nGlory";
    struct cable_units state = {0};

    for (int i = 0; i < 2; i++) {
        struct cable_place place =
            cable_units_take(&state, true, true, slice_of_string(request));

        ck_assert_int_eq(place.kind, CABLE_HTTP);
        place = cable_units_take(&state, false, true, slice_of_string(answer));
        ck_assert_int_eq(place.kind, CABLE_HTTP);
        ck_assert_int_eq(state.sides[1].place.kind, CABLE_UNKNOWN);
    }
}
END_TEST

Suite *cable_units_suite(void)
{
    Suite *suite = suite_create("cable_units");
    TCase *tcase = unit_case(suite, "cable_units", 30);

    tcase_add_loop_test(tcase, units_are_the_same_in_pieces_of_any_size, 0,
                        sizeof(streams) / sizeof(streams[0]));
    tcase_add_test(tcase, bytes_that_are_neither_are_one_unit_until_tls_begins);
    tcase_add_test(tcase, after_a_loss_the_next_piece_begins_anew);
    tcase_add_test(tcase, a_page_is_no_frame_and_the_next_request_is_seen);
    return suite;
}

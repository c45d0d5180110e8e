/* What crosses the cable around MQTT, taken apart: from a recording of a broker
   with mosquitto's clients and ours. */
#include "suites.h"

#include "cable_sample.h"
#include "wire/dissect_cable.h"
#include "wire/filter.h"
#include "wire/render_cable.h"

#include <string.h>

static bool is_cable(const struct history_row *row)
{
    return row->record.type == RECORD_WIRE && row->record.layer == RECORD_CABLE;
}

/* ---- lines ---- */

static const struct {
    uint32_t connection;
    bool from_client;
    const char *line;
} lines[] = {
  /* clang-format off */
    {2, true, "Client Hello, SNI localhost"},
    {2, false, "Server Hello, TLS 1.2, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384; "
               "Certificate CN=localhost, Lab CA; Server Key Exchange; "
               "Certificate Request; Server Hello Done"},
    {2, true, "Certificate CN=sensor-1, Lab CA; Client Key Exchange; "
              "Certificate Verify; Change Cipher Spec; "
              "Encrypted Handshake Message, 40 bytes"},
    {2, true, "Application Data, 42 bytes"},
    {2, false, "Application Data, 28 bytes"},
    {2, true, "Application Data, 26 bytes"},
    {3, true, "Application Data, 35 bytes"},
    {3, false, "Application Data, 21 bytes"},
    {4, false, "Server Hello, TLS 1.2, TLS_DHE_PSK_WITH_AES_256_GCM_SHA384; "
               "Server Key Exchange, PSK hint lab; Server Hello Done"},
    {4, true, "Client Key Exchange, PSK identity meter-7; Change Cipher Spec; "
              "Encrypted Handshake Message, 40 bytes"},
    {5, true, "GET /mqtt HTTP/1.1"},
    {5, false, "HTTP/1.1 101 Switching Protocols"},
    {5, true, "Binary frame, masked, 18 bytes"},
    {5, true, "Binary frame, masked, 2 bytes; "
              "Connection Close frame, masked, 2 bytes, 1000 Normal Closure"},
    {7, false, "Alert: Handshake Failure"},
  /* clang-format on */
};

START_TEST(each_unit_has_a_line_of_its_own)
{
    struct history *history = cable_sample_history();
    struct history_row row;
    struct buf line = {0};
    bool found = false;

    for (uint64_t i = 0; history_get(history, i, &row) && !found; i++) {
        if (!is_cable(&row) || row.record.connection != lines[_i].connection ||
            (row.record.direction == RECORD_C2B) != lines[_i].from_client)
            continue;
        buf_clear(&line);
        render_cable(&line, &row);
        found = !strcmp(buf_string(&line), lines[_i].line);
    }
    ck_assert_msg(found, "nothing reads \"%s\"", lines[_i].line);
    buf_release(&line);
    history_free(history);
}
END_TEST

/* ---- fields ---- */

static const struct {
    const char *filter;
    unsigned rows;
} filters[] = {
    {"tls.handshake.type == 1",                                        5},
    {"tls.handshake.type == \"Client Hello\"",                         5},
    {"tls.handshake.extensions_server_name == \"localhost\"",          5},
    {"tls.handshake.ciphersuite == 0xc02c && tls.handshake.type == 2", 2},
    {"tls.handshake.extensions.supported_version == 0x0304",           4},
    {"tls.handshake.certificate",                                      3},
    {"x509ce.dNSName == \"localhost\"",                                2},
    {"lab.subject == \"sensor-1\"",                                    1},
    {"lab.issuer == \"Lab CA\"",                                       3},
    {"tls.handshake.identity contains \"meter\"",                      1},
    {"tls.handshake.hint",                                             1},
    {"tls.alert_message.desc == 40 && tls.alert_message.level == 2",   1},
    {"tls.record.opaque_type && tls.record.content_type == 23",        0},
    {"tls.app_data contains \"lab/temp\"",                             0},
    {"http.request.method == \"GET\"",                                 1},
    {"http.response.code == 101",                                      1},
    {"http.sec_websocket_protocol == \"mqtt\"",                        2},
    {"websocket.opcode == 8",                                          1},
    {"websocket.mask == 1 && lab.dir == \"b2c\"",                      0},
    {"mqtt.topic && tls.record",                                       0},
};

START_TEST(its_fields_can_be_filtered_by)
{
    struct history *history = cable_sample_history();
    struct dissection scratch = {0};
    struct filter_error error;
    struct filter *filter = filter_new(filters[_i].filter, &error);
    struct history_row row;
    unsigned count = 0;

    ck_assert_msg(filter != NULL, "%s: %s", filters[_i].filter, error.message);
    for (uint64_t i = 0; history_get(history, i, &row); i++)
        count += filter_match(filter, &row, &scratch);
    ck_assert_msg(count == filters[_i].rows, "%s: %u rows", filters[_i].filter,
                  count);
    filter_free(filter);
    dissect_release(&scratch);
    history_free(history);
}
END_TEST

/* ---- hostile bytes ---- */

static void assert_sound(const struct dissection *dissection, size_t len)
{
    ck_assert_uint_le(dissection->count, DISSECT_MAX_FIELDS);
    for (size_t i = 0; i < dissection->count; i++) {
        const struct field *field = &dissection->fields[i];

        ck_assert_uint_le(field->offset + (size_t)field->len, len);
        ck_assert_uint_lt(field->text_at, dissection->text.len);
    }
}

static void look(struct dissection *dissection, struct history_row *row,
                 const uint8_t *bytes, size_t len)
{
    struct buf line = {0};

    row->record.bytes = slice_of(guarded(bytes, len), len);
    dissect_row(dissection, row);
    assert_sound(dissection, len);
    render_cable(&line, row);
    render_cable_is_dull(row);
    buf_release(&line);
}

START_TEST(every_prefix_and_every_damage_is_survived)
{
    struct history *history = cable_sample_history();
    struct dissection dissection = {0};
    struct history_row row;

    for (uint64_t i = 0; history_get(history, i, &row); i++) {
        struct buf copy = {0};

        if (!is_cable(&row))
            continue;
        buf_append_slice(&copy, row.record.bytes);
        for (size_t len = 0; len <= copy.len; len += 1 + len / 64)
            look(&dissection, &row, copy.bytes, len);
        for (size_t at = 0; at < copy.len; at += 1 + at / 64) {
            uint8_t old = copy.bytes[at];

            copy.bytes[at] = at % 2 ? 0xff : 0;
            look(&dissection, &row, copy.bytes, copy.len);
            copy.bytes[at] = old;
        }
        buf_release(&copy);
    }
    dissect_release(&dissection);
    history_free(history);
}
END_TEST

Suite *dissect_cable_suite(void)
{
    Suite *suite = suite_create("dissect_cable");
    TCase *tcase = unit_case(suite, "dissect_cable", 60);

    tcase_add_loop_test(tcase, each_unit_has_a_line_of_its_own, 0,
                        sizeof(lines) / sizeof(lines[0]));
    tcase_add_loop_test(tcase, its_fields_can_be_filtered_by, 0,
                        sizeof(filters) / sizeof(filters[0]));
    tcase_add_test(tcase, every_prefix_and_every_damage_is_survived);
    return suite;
}

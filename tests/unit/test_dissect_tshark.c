/*
 * The dissector against Wireshark's: same names, values, bytes and lines.
 *
 * The packets of tests/packets/dissect.txt are written as a capture of
 * exported packets and read by tshark; then its fields and ours are compared
 * one by one. Wireshark's names change with its versions, so this wants 4.0.
 */
#include "suites.h"

#include "base/alloc.h"
#include "dissect_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINE 8192

/* A field as tshark tells it: attributes of an element in PDML. */
struct told {
    char name[64];
    char showname[1024];
    char show[512];
    char value[1200]; /* the bytes in hex */
    char unmasked[8]; /* the whole byte of a bit field */
    unsigned pos;     /* from the packet's start */
    unsigned size;
};

static bool tshark_is_here(void)
{
    char line[256] = "";
    FILE *pipe = popen("tshark -v 2>/dev/null", "r");

    if (pipe && !fgets(line, sizeof(line), pipe))
        line[0] = '\0';
    if (pipe)
        pclose(pipe);
    if (strstr(line, " 4.0."))
        return true;
    ck_assert_msg(!getenv("MQTTLAB_SKIP_NOTHING"), "tshark 4.0 is not here");
    printf("SKIP dissect_tshark: needs tshark 4.0, here is %s\n",
           line[0] ? line : "none\n");
    return false;
}

/* ---- the capture ---- */

static void put_u32(FILE *file, uint32_t value)
{
    fwrite(&value, sizeof(value), 1, file);
}

static void put_tag(struct buf *out, unsigned tag, const void *value,
                    unsigned len)
{
    const uint8_t head[] = {(uint8_t)(tag >> 8), (uint8_t)tag, 0, (uint8_t)len};

    buf_append(out, head, 4);
    buf_append(out, value, len);
}

/* One packet of the link type "exported PDU": what dissects it, addresses and
   ports, so that tshark tells the connections apart. */
static void put_packet(FILE *file, unsigned port, bool from_client,
                       struct slice bytes)
{
    const uint8_t client[] = {10, 0, 0, 2};
    const uint8_t broker[] = {10, 0, 0, 1};
    const uint8_t tcp[] = {0, 0, 0, 2};
    const uint8_t own[] = {0, 0, (uint8_t)(port >> 8), (uint8_t)port};
    const uint8_t well_known[] = {0, 0, 1883 >> 8, 1883 & 0xff};
    struct buf frame = {0};

    put_tag(&frame, 12, "mqtt", 4);
    put_tag(&frame, 20, from_client ? client : broker, 4);
    put_tag(&frame, 21, from_client ? broker : client, 4);
    put_tag(&frame, 24, tcp, 4);
    put_tag(&frame, 25, from_client ? own : well_known, 4);
    put_tag(&frame, 26, from_client ? well_known : own, 4);
    put_tag(&frame, 0, NULL, 0);
    buf_append_slice(&frame, bytes);
    put_u32(file, 0);
    put_u32(file, 0);
    put_u32(file, frame.len);
    put_u32(file, frame.len);
    fwrite(frame.bytes, 1, frame.len, file);
    buf_release(&frame);
}

/* A CONNECT, from which tshark learns the version of a connection. */
static void put_connect(FILE *file, unsigned port, unsigned version)
{
    static const char *const connects[] = {
        [3] = "10 0f 0006 4d5149736470 03 02 003c 0001 61",
        [4] = "10 0d 0004 4d515454 04 02 003c 0001 61",
        [5] = "10 0e 0004 4d515454 05 02 003c 00 0001 61",
    };
    uint8_t bytes[32];

    put_packet(file, port, true,
               slice_of(bytes, unit_hex(connects[version], bytes, 32)));
}

/* Each case is the second packet of a connection of its own. */
static void write_capture(const char *path, const struct dissect_cases *all)
{
    static const uint32_t header[] = {0xa1b2c3d4, 0x00040002, 0,
                                      0,          262144,     252};
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    fwrite(header, sizeof(header), 1, file);
    for (size_t i = 0; i < all->count; i++) {
        const struct dissect_case *one = &all->cases[i];
        unsigned port = 20000 + (unsigned)i;

        put_connect(file, port, one->version);
        put_packet(file, port, one->from_client,
                   slice_of(one->bytes, one->len));
    }
    fclose(file);
}

/* ---- what tshark says ---- */

static void unescape(char *text)
{
    static const char *const names[][2] = {
        {"&lt;",   "<" },
        {"&gt;",   ">" },
        {"&quot;", "\""},
        {"&amp;",  "&" }
    };
    char *to = text;

    while (*text) {
        size_t i = 0;

        while (i < 4 && strncmp(text, names[i][0], strlen(names[i][0])) != 0)
            i++;
        *to++ = i < 4 ? names[i][1][0] : *text;
        text += i < 4 ? strlen(names[i][0]) : 1;
    }
    *to = '\0';
}

/* The attribute that begins with key (such as ' name="'); "" when absent. */
static void attribute(const char *line, const char *key, char *value,
                      size_t size)
{
    const char *at = strstr(line, key);

    value[0] = '\0';
    if (!at)
        return;
    at += strlen(key);
    snprintf(value, size, "%.*s", (int)strcspn(at, "\""), at);
    unescape(value);
}

static void read_told(const char *line, struct told *told)
{
    char number[16];

    attribute(line, " name=\"", told->name, sizeof(told->name));
    attribute(line, " showname=\"", told->showname, sizeof(told->showname));
    attribute(line, " show=\"", told->show, sizeof(told->show));
    attribute(line, " value=\"", told->value, sizeof(told->value));
    attribute(line, " unmaskedvalue=\"", told->unmasked,
              sizeof(told->unmasked));
    attribute(line, " pos=\"", number, sizeof(number));
    told->pos = (unsigned)strtoul(number, NULL, 10);
    attribute(line, " size=\"", number, sizeof(number));
    told->size = (unsigned)strtoul(number, NULL, 10);
}

/* The next of our fields that Wireshark has as well in its usual settings. */
static const struct field *next_field(const struct dissection *dissection,
                                      size_t *at)
{
    while (*at < dissection->count) {
        const struct field *field = &dissection->fields[(*at)++];

        if (field->info && strcmp(field->info->name, "mqtt.msg_text") != 0 &&
            strcmp(field->info->name, "mqtt.willmsg_text") != 0)
            return field;
    }
    return NULL;
}

static void compare_bytes(const struct dissect_case *one,
                          const struct field *field, const struct told *told)
{
    const char *hex = told->unmasked[0] ? told->unmasked : told->value;
    uint8_t bytes[sizeof(one->bytes)];
    size_t len = unit_hex(hex, bytes, sizeof(bytes));

    if (field->info->type == FIELD_GROUP)
        return;
    ck_assert_msg(len == field->len &&
                      (!len || !memcmp(bytes, one->bytes + field->offset, len)),
                  "%s: bytes of %s", one->name, told->name);
}

static void compare(const struct dissect_case *one,
                    const struct dissection *dissection,
                    const struct field *field, const struct told *told)
{
    const char *text = dissect_text(dissection, field);

    ck_assert_msg(field, "%s: tshark has %s as well", one->name,
                  told->showname);
    ck_assert_msg(!strcmp(field->info->name, told->name),
                  "%s: we have %s, tshark %s", one->name, field->info->name,
                  told->name);
    ck_assert_msg(field->offset == told->pos && field->len == told->size,
                  "%s: %s at %u+%u, tshark %u+%u", one->name, told->name,
                  field->offset, field->len, told->pos, told->size);
    compare_bytes(one, field, told);
    /* Text and bytes are escaped and shortened in our own way. */
    if (field->info->type == FIELD_STRING || field->info->type == FIELD_BYTES)
        return;
    ck_assert_msg(!strcmp(text, told->showname), "%s: \"%s\", tshark \"%s\"",
                  one->name, text, told->showname);
    if (field->info->type != FIELD_GROUP)
        ck_assert_msg(field->number == strtoull(told->show, NULL, 0), "%s: %s",
                      one->name, told->name);
}

/* One packet's element of PDML, which was opened; the packet begins at pos. */
static void compare_packet(FILE *pdml, const struct dissect_case *one,
                           unsigned pos)
{
    struct dissection dissection = {0};
    char line[MAX_LINE];
    size_t at = 0;

    dissect_packet(&dissection, slice_of(one->bytes, one->len), one->version,
                   one->from_client);
    while (fgets(line, sizeof(line), pdml) && !strstr(line, "</proto>")) {
        struct told told;

        read_told(line, &told);
        told.pos -= pos;
        /* What an alias stands for is in another packet. */
        if (strncmp(told.name, "mqtt.", 5) != 0 ||
            !strcmp(told.name, "mqtt.unknown_topic_alias") ||
            (!strcmp(told.name, "mqtt.topic") && told.size == 0))
            continue;
        compare(one, &dissection, next_field(&dissection, &at), &told);
    }
    ck_assert_msg(!next_field(&dissection, &at), "%s: tshark has less",
                  one->name);
    dissect_release(&dissection);
}

START_TEST(fields_values_bytes_and_lines_are_those_of_tshark)
{
    char path[] = "/tmp/dissect_XXXXXX";
    char line[MAX_LINE];
    struct dissect_cases all;
    size_t packets = 0;

    if (!tshark_is_here())
        return;
    dissect_cases_load(&all);
    close(mkstemp(path));
    write_capture(path, &all);

    char *command = alloc_printf("tshark -r %s -T pdml 2>/dev/null", path);
    FILE *pdml = popen(command, "r");
    while (fgets(line, sizeof(line), pdml)) {
        struct told proto;

        read_told(line, &proto);
        if (!strstr(line, "<proto ") || strcmp(proto.name, "mqtt") != 0)
            continue;
        if (packets++ % 2 == 1) /* the other one is our CONNECT */
            compare_packet(pdml, &all.cases[packets / 2 - 1], proto.pos);
    }
    pclose(pdml);
    unlink(path);
    free(command);
    ck_assert_uint_eq(packets, 2 * all.count);
    dissect_cases_release(&all);
}
END_TEST

/* ---- the tables ---- */

static const char *type_of(const struct field_info *info)
{
    switch (info->type) {
    case FIELD_GROUP: return "FT_NONE";
    case FIELD_BOOL: return "FT_BOOLEAN";
    case FIELD_UINT: return "FT_UINT";
    case FIELD_STRING: return "STRING";
    case FIELD_BYTES: return "FT_BYTES";
    }
    return "?";
}

/* Some names stand for several fields there; one of them is ours. Of
   tls.handshake.type it lists the one of SSL 2 alone. */
static bool is_ours(const struct field_info *info, const char *label,
                    const char *type)
{
    if (info && info->type == FIELD_UINT &&
        strtoul(type + strlen("FT_UINT"), NULL, 10) != 8ul * info->bytes)
        return false;
    return info && strstr(type, type_of(info)) &&
           (!strcmp(info->label, label) ||
            !strcmp(label, "Handshake Message Type"));
}

START_TEST(the_fields_are_those_of_tshark)
{
    static bool found[512];
    const struct field_info *table = dissect_field_table();
    char line[512];
    size_t mqtt = 0;

    if (!tshark_is_here())
        return;
    FILE *fields = popen("tshark -G fields 2>/dev/null", "r");
    while (fgets(line, sizeof(line), fields)) {
        char label[80], name[80], type[20];

        if (sscanf(line, "F\t%79[^\t]\t%79[^\t]\t%19[^\t]\t", label, name,
                   type) != 3)
            continue;
        const struct field_info *info = dissect_field_info(name, strlen(name));
        if (is_ours(info, label, type))
            found[info - table] = true;
        if (strncmp(name, "mqtt.", 5) != 0)
            continue;
        ck_assert_msg(is_ours(info, label, type), "%s is missing, or is %s, %s",
                      name, label, type);
        mqtt++;
    }
    pclose(fields);
    ck_assert_uint_eq(mqtt, 76);
    for (const struct field_info *i = table; i->name; i++)
        ck_assert_msg(found[i - table] || !strncmp(i->name, "lab.", 4) ||
                          !strcmp(i->name, "http"),
                      "tshark has no such %s", i->name);
}
END_TEST

START_TEST(the_names_of_values_are_those_of_tshark)
{
    char line[512];
    size_t count = 0;

    if (!tshark_is_here())
        return;
    FILE *values = popen("tshark -G values 2>/dev/null", "r");
    while (fgets(line, sizeof(line), values)) {
        char field[80], value[20], name[200];

        if (sscanf(line, "V\t%79[^\t]\t%19[^\t]\t%199[^\n]", field, value,
                   name) != 3 ||
            strncmp(field, "mqtt.", 5) != 0)
            continue;
        const struct field_info *info =
            dissect_field_info(field, strlen(field));
        uint64_t number = strtoull(value, NULL, 0);
        ck_assert_ptr_nonnull(info);
        if (!strcmp(field, "mqtt.msgtype") && number > 15)
            continue; /* four bits */
        ck_assert_pstr_eq(info->value_name(number), name);
        count++;
    }
    pclose(values);
    ck_assert_uint_gt(count, 170);
}
END_TEST

Suite *dissect_tshark_suite(void)
{
    Suite *suite = suite_create("dissect_tshark");
    TCase *tcase = unit_case(suite, "dissect_tshark", 120);

    tcase_add_test(tcase, fields_values_bytes_and_lines_are_those_of_tshark);
    tcase_add_test(tcase, the_fields_are_those_of_tshark);
    tcase_add_test(tcase, the_names_of_values_are_those_of_tshark);
    return suite;
}

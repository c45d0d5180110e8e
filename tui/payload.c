#include "tui/payload.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/base64.h"
#include "mqtt/framer.h"
#include "mqtt/publish.h"
#include "mqtt/utf8.h"
#include "wire/render.h"

const char *payload_form_name(enum payload_form form)
{
    static const char *const names[PAYLOAD_FORMS] = {"text", "JSON", "hex",
                                                     "Base64"};

    return names[form];
}

bool payload_of(const struct history_row *row, struct slice *payload)
{
    struct mqtt_publish publish;
    struct frame frame;

    if (row->record.type != RECORD_MQTT || row->note.type != MQTT_PUBLISH ||
        framer_next(row->record.bytes, MQTT_MAX_PACKET_SIZE, &frame) <= 0 ||
        publish_decode(&publish,
                       row->note.version ? (enum mqtt_version)row->note.version
                                         : MQTT_3_1_1,
                       frame.first, frame.body) != MQTT_SUCCESS)
        return false;
    *payload = publish.payload;
    return true;
}

/* ---- forms ---- */

static json_t *parse(struct slice payload)
{
    return json_loadb((const char *)payload.bytes, payload.len, JSON_DECODE_ANY,
                      NULL);
}

enum payload_form payload_best_form(struct slice payload)
{
    json_t *json = payload.len ? parse(payload) : NULL;
    bool nested = json_is_object(json) || json_is_array(json);

    json_decref(json);
    if (nested)
        return PAYLOAD_JSON;
    for (size_t i = 0; i < payload.len; i++) {
        if (payload.bytes[i] < ' ' && !strchr("\t\r\n", payload.bytes[i]))
            return PAYLOAD_HEX;
    }
    return utf8_valid(payload) ? PAYLOAD_TEXT : PAYLOAD_HEX;
}

/* Each line for itself, made harmless. */
static void put_text(struct slice text, struct buf *out)
{
    while (text.len) {
        const uint8_t *end = memchr(text.bytes, '\n', text.len);
        size_t len = end ? (size_t)(end - text.bytes) : text.len;
        struct slice line = slice_first(text, len);

        if (line.len && line.bytes[line.len - 1] == '\r')
            line.len--;
        render_text(out, line, 0);
        buf_append_u8(out, '\n');
        text = slice_skip(text, len + (end != NULL));
    }
}

static void put_json(struct slice payload, struct buf *out)
{
    json_t *json = parse(payload);
    char *text =
        json ? json_dumps(json, JSON_INDENT(2) | JSON_PRESERVE_ORDER |
                                    JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))
             : NULL;

    put_text(text ? slice_of_string(text) : payload, out);
    free(text);
    json_decref(json);
}

static void put_base64(struct slice payload, struct buf *out)
{
    const size_t line = 57; /* bytes that give 76 characters */

    for (size_t i = 0; i < payload.len; i += line) {
        size_t len = payload.len - i < line ? payload.len - i : line;

        base64_put(out, payload.bytes + i, len);
        buf_append_u8(out, '\n');
    }
}

void payload_put(struct slice payload, enum payload_form form, struct buf *out)
{
    switch (form) {
    case PAYLOAD_TEXT: put_text(payload, out); break;
    case PAYLOAD_JSON: put_json(payload, out); break;
    case PAYLOAD_HEX: render_hex(out, payload); break;
    case PAYLOAD_BASE64: put_base64(payload, out); break;
    case PAYLOAD_FORMS: break;
    }
}

/* ---- the difference ---- */

struct lines {
    const char *at[PAYLOAD_DIFF_LINES];
    size_t len[PAYLOAD_DIFF_LINES];
    size_t count;
};

static void cut(struct lines *lines, const char *text)
{
    lines->count = 0;
    while (*text && lines->count < PAYLOAD_DIFF_LINES) {
        size_t len = strcspn(text, "\n");

        lines->at[lines->count] = text;
        lines->len[lines->count++] = len;
        text += len + (text[len] == '\n');
    }
}

static bool equal(const struct lines *a, size_t i, const struct lines *b,
                  size_t k)
{
    return a->len[i] == b->len[k] && !memcmp(a->at[i], b->at[k], a->len[i]);
}

#define STRIDE (PAYLOAD_DIFF_LINES + 1)

/* How many lines the rests from i and k on have in common, in order. */
static uint16_t *common(const struct lines *a, const struct lines *b)
{
    uint16_t *table = alloc_zero((size_t)STRIDE * STRIDE, sizeof(*table));

    for (size_t i = a->count; i-- > 0;) {
        for (size_t k = b->count; k-- > 0;) {
            const uint16_t *below = &table[(i + 1) * STRIDE + k];
            uint16_t right = table[i * STRIDE + k + 1];

            table[i * STRIDE + k] = equal(a, i, b, k) ? (uint16_t)(below[1] + 1)
                                    : *below > right  ? *below
                                                      : right;
        }
    }
    return table;
}

static void put_line(const struct lines *lines, size_t i, char sign,
                     struct buf *out)
{
    buf_printf(out, "%c %.*s\n", sign, (int)lines->len[i], lines->at[i]);
}

void payload_diff(const char *first, const char *second, struct buf *out)
{
    struct lines a;
    struct lines b;
    size_t i = 0;
    size_t k = 0;

    cut(&a, first);
    cut(&b, second);
    uint16_t *table = common(&a, &b);
    while (i < a.count || k < b.count) {
        if (i < a.count && k < b.count && equal(&a, i, &b, k)) {
            put_line(&a, i++, ' ', out);
            k++;
        } else if (k == b.count ||
                   (i < a.count &&
                    table[(i + 1) * STRIDE + k] >= table[i * STRIDE + k + 1])) {
            put_line(&a, i++, '-', out);
        } else {
            put_line(&b, k++, '+', out);
        }
    }
    free(table);
}

/* ---- numbers ---- */

#define NUMBERS_DEPTH 8 /* of JSON in JSON that is looked into */

/* What is below name, which is changed while it is looked at. */
static void collect(const json_t *json, struct buf *name, int depth,
                    struct payload_numbers *numbers)
{
    uint32_t len = name->len;
    const char *key;
    json_t *value;
    size_t i;

    if (json_is_number(json) && len < PAYLOAD_NAME_MAX &&
        numbers->count < PAYLOAD_NUMBERS_MAX) {
        memcpy(numbers->items[numbers->count].name, buf_string(name), len + 1);
        numbers->items[numbers->count++].value = json_number_value(json);
    }
    if (depth == NUMBERS_DEPTH)
        return;
    json_object_foreach((json_t *)(uintptr_t)json, key, value)
    {
        buf_printf(name, "%s%s", len ? "." : "", key);
        collect(value, name, depth + 1, numbers);
        name->len = len;
    }
    json_array_foreach(json, i, value)
    {
        buf_printf(name, "[%zu]", i);
        collect(value, name, depth + 1, numbers);
        name->len = len;
    }
}

void payload_numbers(struct slice payload, struct payload_numbers *numbers)
{
    json_t *json = payload.len ? parse(payload) : NULL;
    struct buf name = {0};

    numbers->count = 0;
    if (json)
        collect(json, &name, 0, numbers);
    buf_release(&name);
    json_decref(json);
}

/* Is it the name, or the last part of it? */
static bool is_named(const char *name, const char *wanted)
{
    size_t len = strlen(name);
    size_t part = strlen(wanted);

    return len >= part && !strcmp(name + len - part, wanted) &&
           (len == part || name[len - part - 1] == '.');
}

bool payload_number(struct slice payload, const char *name, double *number)
{
    struct payload_numbers numbers;

    payload_numbers(payload, &numbers);
    for (size_t i = 0; i < numbers.count; i++) {
        if (name && !is_named(numbers.items[i].name, name))
            continue;
        *number = numbers.items[i].value;
        return true;
    }
    return false;
}

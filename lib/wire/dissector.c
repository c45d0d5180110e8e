#include "wire/dissector.h"

#include "base/alloc.h"
#include "mqtt/utf8.h"
#include "wire/dissect_line.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Room for what comes behind a list that was cut, with its errors. */
#define RESERVE 100

static uint32_t readable(const struct dissector *d)
{
    uint32_t end = d->end < d->bytes.len ? d->end : (uint32_t)d->bytes.len;

    return end - d->at;
}

bool dissector_more(const struct dissector *d)
{
    return !d->stopped && d->at < d->end;
}

bool dissector_full(struct dissector *d)
{
    if (d->out->count + RESERVE < DISSECT_MAX_FIELDS)
        return false;
    if (!d->out->cut) {
        d->out->cut = true;
        dissector_heading(d, DISSECT_NO_FIELD, 0,
                          "... too many fields: the rest is not shown");
    }
    d->at += readable(d);
    d->stopped = true;
    return true;
}

static struct field *add(struct dissector *d, enum dissect_id id,
                         uint32_t count)
{
    struct dissection *out = d->out;

    assert(out->count < DISSECT_MAX_FIELDS);
    if (out->count == out->cap) {
        out->cap = out->cap ? out->cap * 2 : 64;
        out->fields =
            alloc_resize(out->fields, out->cap, sizeof(out->fields[0]));
    }

    struct field *field = &out->fields[out->count];
    *field = (struct field){
        .info = dissect_fields_info(id),
        .depth = d->depth,
        .offset = d->at,
        .len = count,
        .text_at = out->without_text ? 0 : out->text.len,
    };
    d->last = out->count++;
    return field;
}

void dissector_heading(struct dissector *d, enum dissect_id id, uint32_t count,
                       const char *text)
{
    add(d, id, count);
    if (!d->out->without_text)
        buf_append(&d->out->text, text, strlen(text) + 1);
    d->at += count;
}

void dissector_derived(struct dissector *d, enum dissect_id id,
                       const char *text)
{
    struct field *field = add(d, id, 0);

    field->value = slice_of_string(text);
    if (d->out->without_text)
        return;
    buf_append_u8(&d->out->text, '[');
    dissect_line_value(&d->out->text, field);
    buf_append_string(&d->out->text, "]");
    buf_append_u8(&d->out->text, 0);
}

/* Where a field is cut off there is no value, so the heading has no name. */
static void add_cut(struct dissector *d, enum dissect_id id, uint32_t need)
{
    const struct field_info *info = dissect_fields_info(id);
    uint32_t count = readable(d);
    enum dissect_rule rule = RULE_MISSING;
    char text[100];

    if (need > d->end - d->at)
        rule = d->in_properties ? RULE_PROPERTY_OVERRUN : RULE_OVERRUN;
    snprintf(text, sizeof(text), "%s: %s, %u of %u bytes are here", info->label,
             d->truncated && rule == RULE_MISSING ? "not recorded" : "cut off",
             count, need);
    dissector_heading(d, DISSECT_NO_FIELD, count, text);
    d->missing |= rule == RULE_MISSING;
    if (d->truncated && rule == RULE_MISSING)
        d->out->cut = true;
    else
        dissector_fail(d, rule);
    d->stopped = true;
}

/* Are the next count bytes there? If not, that is noted. */
static bool claim(struct dissector *d, enum dissect_id id, uint32_t count)
{
    if (d->stopped)
        return false;
    if (count <= readable(d))
        return true;
    add_cut(d, id, count);
    return false;
}

static void write_line(struct dissector *d, const struct field *field)
{
    if (!d->out->without_text)
        dissect_line(&d->out->text, field);
}

/* A field of the next count bytes, its line written and its bytes read. */
static void finish(struct dissector *d, struct field *field)
{
    write_line(d, field);
    d->at += field->len;
}

uint32_t dissector_number(struct dissector *d, enum dissect_id id,
                          uint32_t size)
{
    uint32_t number = 0;

    if (!claim(d, id, size))
        return 0;

    struct field *field = add(d, id, size);
    for (uint32_t i = 0; i < size; i++)
        number = number << 8 | d->bytes.bytes[d->at + i];
    field->number = number;
    finish(d, field);
    return number;
}

void dissector_counted(struct dissector *d, enum dissect_id id, uint32_t count,
                       uint64_t number)
{
    if (!claim(d, id, count))
        return;

    struct field *field = add(d, id, count);
    field->number = number;
    finish(d, field);
}

uint32_t dissector_varint(struct dissector *d, enum dissect_id id)
{
    uint32_t number = 0;
    uint32_t count = 0;
    uint8_t byte = 0x80;

    while (byte & 0x80 && count < 4) {
        if (!claim(d, id, count + 1))
            return 0;
        byte = d->bytes.bytes[d->at + count];
        number |= (uint32_t)(byte & 0x7f) << (7 * count++);
    }

    struct field *field = add(d, id, count);
    field->number = number;
    finish(d, field);
    if (byte & 0x80) {
        dissector_fail(d, RULE_LENGTH_TOO_LONG);
        d->stopped = true;
    } else if (count > 1 && byte == 0) {
        dissector_fail(d, RULE_LENGTH_NOT_SHORTEST); /* [MQTT-1.5.5-1] */
    }
    return number;
}

struct slice dissector_bytes(struct dissector *d, enum dissect_id id,
                             uint32_t count)
{
    if (!claim(d, id, count))
        return slice_of(NULL, 0);

    struct field *field = add(d, id, count);
    field->value = slice_of(d->bytes.bytes + d->at, count);
    finish(d, field);
    return field->value;
}

struct slice dissector_binary(struct dissector *d, enum dissect_id len_id,
                              enum dissect_id id)
{
    uint32_t count = dissector_number(d, len_id, 2);

    return dissector_bytes(d, id, count);
}

struct slice dissector_prefixed(struct dissector *d, enum dissect_id id)
{
    if (!claim(d, id, 2))
        return slice_of(NULL, 0);

    uint32_t len =
        (uint32_t)d->bytes.bytes[d->at] << 8 | d->bytes.bytes[d->at + 1];
    if (!claim(d, id, 2 + len))
        return slice_of(NULL, 0);

    struct field *field = add(d, id, 2 + len);
    field->value = slice_of(d->bytes.bytes + d->at + 2, len);
    finish(d, field);
    return field->value;
}

struct slice dissector_rest(struct dissector *d, enum dissect_id id)
{
    return dissector_bytes(d, id, readable(d));
}

void dissector_leave(struct dissector *d, uint32_t end)
{
    bool there = d->end <= d->bytes.len;

    d->at = there ? d->end : (uint32_t)d->bytes.len;
    d->end = end;
    d->stopped = !there;
}

void dissector_check_text(struct dissector *d, struct slice text)
{
    if (utf8_valid(text))
        return;
    /* [MQTT-1.5.4-1] [MQTT-1.5.4-2] */
    dissector_fail(d, memchr(text.bytes, 0, text.len) ? RULE_NUL : RULE_UTF8);
}

struct slice dissector_string(struct dissector *d, enum dissect_id len_id,
                              enum dissect_id id)
{
    struct slice text = dissector_binary(d, len_id, id);

    if (text.len)
        dissector_check_text(d, text);
    return text;
}

void dissector_as_text(struct dissector *d, enum dissect_id id,
                       struct slice bytes)
{
    if (bytes.len == 0 || !dissect_line_printable(bytes))
        return;

    struct field *field = add(d, id, (uint32_t)bytes.len);
    field->offset = (uint32_t)(bytes.bytes - d->bytes.bytes);
    field->value = bytes;
    write_line(d, field);
}

bool dissector_byte_begin(struct dissector *d, enum dissect_id id,
                          size_t *byte_at)
{
    if (!claim(d, id, 1))
        return false;

    struct field *field = add(d, id, 1);
    field->number = d->bytes.bytes[d->at];
    *byte_at = d->last;
    d->depth++;
    return true;
}

uint32_t dissector_bits(struct dissector *d, enum dissect_id id, uint8_t mask)
{
    struct field *field = add(d, id, 1);

    field->mask = mask;
    field->number = (d->bytes.bytes[d->at] & mask) / (mask & -mask);
    write_line(d, field);
    return (uint32_t)field->number;
}

void dissector_byte_end(struct dissector *d, size_t byte_at)
{
    struct dissection *out = d->out;
    struct field *byte = &out->fields[byte_at];

    d->depth--;
    d->at++;
    if (out->without_text)
        return;
    byte->text_at = out->text.len;
    dissect_line_byte(&out->text, byte, &out->fields[out->count]);
}

size_t dissector_group_begin(struct dissector *d, enum dissect_id id)
{
    dissector_heading(d, id, 0, dissect_fields_info(id)->label);
    d->depth++;
    return d->last;
}

void dissector_group_end(struct dissector *d, size_t group_at)
{
    struct field *group = &d->out->fields[group_at];

    d->depth--;
    group->len = d->at - group->offset;
}

/* Mark the field noted last and all that it stands under. */
static void mark(struct dissector *d)
{
    struct field *fields = d->out->fields;
    uint8_t depth = fields[d->last].depth;

    fields[d->last].error = true;
    for (size_t i = d->last; i-- > 0 && depth > 0;) {
        if (fields[i].depth < depth) {
            depth = fields[i].depth;
            fields[i].error = true;
        }
    }
}

void dissector_fail_as(struct dissector *d, enum dissect_rule rule,
                       enum dissect_id id)
{
    const struct dissect_rule_info *info = dissect_rules_info(rule);
    const char *statement = dissect_rules_statement(rule, d->version);
    struct dissection *out = d->out;
    size_t wrong = d->last;
    uint32_t offset = out->fields[wrong].offset;

    mark(d);
    if (!out->error) {
        out->error = info->text;
        out->statement = statement;
        out->error_offset = offset;
    }

    struct field *note = add(d, id, 0);
    note->depth = (uint8_t)(out->fields[wrong].depth + 1);
    note->offset = offset;
    note->error = true;
    if (!out->without_text)
        dissect_line_error(&out->text, info, statement, offset);
    d->last = wrong;
}

void dissector_fail(struct dissector *d, enum dissect_rule rule)
{
    dissector_fail_as(d, rule, DISSECT_NO_FIELD);
}

void dissector_explain(struct dissector *d, const char *explain)
{
    d->out->fields[d->last].explain = explain;
}

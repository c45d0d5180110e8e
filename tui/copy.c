#include "tui/copy.h"

#include <stdlib.h>
#include <string.h>

#include "mqtt/utf8.h"
#include "tui/packet_detail.h"
#include "wire/render.h"

static const char *const names[COPY_FORMS] = {
    [COPY_HEX] = "hex", [COPY_TEXT] = "text",     [COPY_JSON] = "json",
    [COPY_ARRAY] = "c", [COPY_FILTER] = "filter",
};

const char *copy_form_name(enum copy_form form)
{
    return names[form];
}

enum copy_form copy_form_of(const char *name)
{
    int form = 0;

    while (form < COPY_FORMS && strcmp(names[form], name) != 0)
        form++;
    return (enum copy_form)form;
}

/* ---- bytes ---- */

static struct slice bytes_of(const struct copy_choice *choice)
{
    struct slice bytes = choice->row->record.bytes;

    if (!choice->field)
        return bytes;
    bytes = slice_skip(bytes, choice->field->offset < bytes.len
                                  ? choice->field->offset
                                  : bytes.len);
    return slice_first(
        bytes, choice->field->len < bytes.len ? choice->field->len : bytes.len);
}

static bool put_hex(struct slice bytes, const char *apart, struct buf *out)
{
    for (size_t i = 0; i < bytes.len; i++)
        buf_printf(out, "%s%02x", i ? apart : "", bytes.bytes[i]);
    return bytes.len > 0;
}

static bool put_array(struct slice bytes, struct buf *out)
{
    const size_t per_line = 12;

    buf_append_string(out, "static const unsigned char packet[] = {");
    for (size_t i = 0; i < bytes.len; i++)
        buf_printf(out, "%s0x%02x,", i % per_line ? " " : "\n    ",
                   bytes.bytes[i]);
    buf_append_string(out, "\n};\n");
    return bytes.len > 0;
}

/* ---- JSON ---- */

static json_t *value_of(const struct field *field)
{
    struct buf hex = {0};
    json_t *value = NULL;

    if (field->info->type == FIELD_BOOL || field->info->type == FIELD_UINT)
        return json_integer((json_int_t)field->number);
    if (field->info->type == FIELD_STRING && utf8_valid(field->value))
        value =
            json_stringn((const char *)field->value.bytes, field->value.len);
    if (value)
        return value;
    put_hex(field->value, ":", &hex); /* as mqttlab inspect */
    value = json_string(buf_string(&hex));
    buf_release(&hex);
    return value;
}

static void add_field(json_t *object, const struct field *field)
{
    const char *name = field->info ? field->info->name : NULL;

    if (!name || field->info->type == FIELD_GROUP)
        return;
    json_t *value = value_of(field);
    json_t *before = json_object_get(object, name);
    if (!before) {
        json_object_set_new(object, name, value);
        return;
    }
    if (!json_is_array(before)) {
        json_t *list = json_pack("[O]", before);

        json_object_set_new(object, name, list);
        before = list;
    }
    json_array_append_new(before, value);
}

json_t *copy_fields(const struct dissection *dissection)
{
    json_t *object = json_object();

    for (size_t i = 0; i < dissection->count; i++)
        add_field(object, &dissection->fields[i]);
    return object;
}

static bool put_json(const struct copy_choice *choice, struct buf *out)
{
    json_t *object =
        choice->field ? json_object() : copy_fields(choice->dissection);

    if (choice->field)
        add_field(object, choice->field);
    bool any = json_object_size(object) > 0;
    char *text = json_dumps(object, JSON_INDENT(2));
    buf_append_string(out, text);
    free(text);
    json_decref(object);
    return any;
}

/* ---- the rest ---- */

static bool put_text(const struct copy_choice *choice, struct buf *out)
{
    const struct field *field = choice->field;

    /* A message that is text: as it was sent. */
    if (field && field->info && field->info->type == FIELD_BYTES &&
        field->value.len && utf8_valid(field->value)) {
        buf_append_slice(out, field->value);
        return true;
    }
    if (field) {
        const char *line = dissect_text(choice->dissection, choice->field);

        buf_append_string(out, line);
        return *line;
    }
    render_line(out, choice->row);
    buf_append_u8(out, '\n');
    render_tree(out, choice->dissection);
    return true;
}

static bool put_filter(const struct copy_choice *choice, struct buf *out)
{
    if (choice->field)
        return detail_filter_field(choice->field, out);
    if (choice->row->frame)
        buf_printf(out, "frame.number == %llu",
                   (unsigned long long)choice->row->frame);
    else
        buf_printf(out, "lab.packet == %llu",
                   (unsigned long long)choice->row->number);
    return true;
}

bool copy_put(const struct copy_choice *choice, enum copy_form form,
              struct buf *out)
{
    switch (form) {
    case COPY_HEX: return put_hex(bytes_of(choice), " ", out);
    case COPY_TEXT: return put_text(choice, out);
    case COPY_JSON: return put_json(choice, out);
    case COPY_ARRAY: return put_array(bytes_of(choice), out);
    case COPY_FILTER: return put_filter(choice, out);
    case COPY_FORMS: break;
    }
    return false;
}

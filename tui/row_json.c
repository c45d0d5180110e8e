#include "tui/row_json.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/clock.h"
#include "mqtt/utf8.h"
#include "tui/copy.h"
#include "wire/event.h"
#include "wire/render.h"

/* What is no UTF-8 is written as render_text has it. */
static void set_text(json_t *object, const char *name, const char *text)
{
    struct buf safe = {0};

    if (!text || !*text)
        return;
    if (!utf8_valid(slice_of_string(text))) {
        render_text(&safe, slice_of_string(text), 0);
        text = buf_string(&safe);
    }
    json_object_set_new(object, name, json_string(text));
    buf_release(&safe);
}

static void set_packet(json_t *object, const struct history_row *row,
                       struct dissection *scratch)
{
    const struct record *record = &row->record;
    bool in = record->direction == RECORD_C2B;

    json_object_set_new(object, "number",
                        json_integer((json_int_t)row->number));
    if (row->frame)
        json_object_set_new(object, "frame",
                            json_integer((json_int_t)row->frame));
    json_object_set_new(object, "direction", json_string(in ? "c2b" : "b2c"));
    set_text(object, "type", mqtt_type_name(row->note.type));
    set_text(object, "topic", row->note.topic);
    if (record->flags & RECORD_HELD)
        json_object_set_new(object, "held", json_true());
    if (record->flags & RECORD_DROPPED)
        json_object_set_new(object, "dropped", json_true());
    dissect_packet(scratch, record->bytes, row->note.version, in);
    json_object_set_new(object, "fields", copy_fields(scratch));
    set_text(object, "error", scratch->error);
}

void row_json_put(const struct history_row *row, struct dissection *scratch,
                  struct buf *out)
{
    json_t *object = json_object();
    struct buf text = {0};

    buf_printf(&text, "%llu.%09llu",
               (unsigned long long)(row->record.time_ns / CLOCK_NS_PER_S),
               (unsigned long long)(row->record.time_ns % CLOCK_NS_PER_S));
    set_text(object, "time", buf_string(&text));
    buf_clear(&text);
    set_text(object, "client", row->note.client_id);
    if (row->record.type == RECORD_MQTT) {
        set_packet(object, row, scratch);
    } else {
        render_event(&text, row);
        set_text(object, "event", event_name(record_code(row->record.bytes)));
        set_text(object, "text", buf_string(&text));
    }
    char *line = json_dumps(object, JSON_COMPACT);
    buf_append_string(out, line);
    free(line);
    buf_release(&text);
    json_decref(object);
}

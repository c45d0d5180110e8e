#include "tui/export.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tui/view.h"
#include "wire/render.h"

#define COLUMNS_MAX 12

/* ---- cells ---- */

struct sheet {
    struct buf *out;
    enum export_format format;
    const char *names[COLUMNS_MAX]; /* of the columns */
    bool numbers[COLUMNS_MAX];      /* those of numbers */
    int at;                         /* column of the next cell */
};

enum export_format export_format_of(const char *path)
{
    static const struct {
        const char *end;
        enum export_format format;
    } known[] = {
        {".csv",   EXPORT_CSV     },
        {".jsonl", EXPORT_JSON    },
        {".json",  EXPORT_JSON    },
        {".md",    EXPORT_MARKDOWN},
        {".txt",   EXPORT_TEXT    },
        {".mmd",   EXPORT_MERMAID },
        {".svg",   EXPORT_SVG     },
    };
    size_t len = strlen(path);

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        size_t end = strlen(known[i].end);

        if (len > end && !strcmp(path + len - end, known[i].end))
            return known[i].format;
    }
    return EXPORT_NONE;
}

static void put_csv(struct buf *out, const char *text)
{
    /* A spreadsheet takes what begins so for a formula. */
    bool formula = *text && strchr("=+-@", *text);

    if (!formula && !strpbrk(text, ",\"\n\r")) {
        buf_append_string(out, text);
        return;
    }
    buf_append_string(out, formula ? "\"'" : "\"");
    for (; *text; text++) {
        if (*text == '"')
            buf_append_u8(out, '"');
        buf_append_u8(out, (uint8_t)*text);
    }
    buf_append_u8(out, '"');
}

static void put_json(struct buf *out, const char *text)
{
    buf_append_u8(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_printf(out, "\\%c", *text);
        else if ((unsigned char)*text < ' ')
            buf_printf(out, "\\u%04x", (unsigned)*text);
        else
            buf_append_u8(out, (uint8_t)*text);
    }
    buf_append_u8(out, '"');
}

static void put_markdown(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("|\\`*_<", *text))
            buf_append_u8(out, '\\');
        buf_append_u8(out, (uint8_t)*text);
    }
}

static void put_cell(struct sheet *sheet, const char *text)
{
    struct buf *out = sheet->out;
    int at = sheet->at++;

    if (sheet->format == EXPORT_CSV) {
        buf_append_string(out, at ? "," : "");
        if (sheet->numbers[at])
            buf_append_string(out, text);
        else
            put_csv(out, text);
    } else if (sheet->format == EXPORT_JSON) {
        buf_append_string(out, at ? "," : "{");
        put_json(out, sheet->names[at]);
        buf_append_u8(out, ':');
        if (sheet->numbers[at])
            buf_append_string(out, *text ? text : "null");
        else
            put_json(out, text);
    } else {
        buf_append_string(out, "| ");
        put_markdown(out, text);
        buf_append_u8(out, ' ');
    }
}

__attribute__((format(printf, 2, 3))) static void
put_number(struct sheet *sheet, const char *format, ...)
{
    char text[64];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    put_cell(sheet, text);
}

static void end_row(struct sheet *sheet)
{
    buf_append_string(sheet->out, sheet->format == EXPORT_CSV    ? "\r\n"
                                  : sheet->format == EXPORT_JSON ? "}\n"
                                                                 : "|\n");
    sheet->at = 0;
}

/* names end with NULL; a name that begins with "#" is a column of numbers. */
static void begin_sheet(struct sheet *sheet, const char *const *names)
{
    int count = 0;

    for (; names[count]; count++) {
        sheet->numbers[count] = names[count][0] == '#';
        sheet->names[count] = names[count] + sheet->numbers[count];
    }
    if (sheet->format == EXPORT_JSON)
        return;
    for (int i = 0; i < count; i++)
        put_cell(sheet, sheet->names[i]);
    end_row(sheet);
    if (sheet->format != EXPORT_MARKDOWN)
        return;
    for (int i = 0; i < count; i++)
        buf_append_string(sheet->out, sheet->numbers[i] ? "|--:" : "|---");
    buf_append_string(sheet->out, "|\n");
}

/* ---- packets ---- */

static void put_text(struct sheet *sheet, struct buf *text)
{
    put_cell(sheet, buf_string(text));
    buf_clear(text);
}

static void put_packets(const struct store *store, struct sheet *sheet)
{
    static const char *const names[] = {
        "#number", "#time", "client", "direction", "type", "#id",
        "flags",   "topic", "info",   "#bytes",    "note", NULL,
    };
    struct buf text = {0};

    begin_sheet(sheet, names);
    for (size_t i = 0; i < store_count(store, STORE_PACKETS); i++) {
        struct history_row row;

        if (!store_row(store, store_at(store, STORE_PACKETS, i), &row))
            continue;
        put_number(sheet, "%llu", (unsigned long long)row.number);
        put_number(sheet, "%.6f",
                   (double)(int64_t)(row.record.time_ns - store->origin_ns) /
                       1e9);
        view_client(&row, 200, &text);
        put_text(sheet, &text);
        put_cell(sheet, row.record.direction == RECORD_C2B ? "c2b" : "b2c");
        put_cell(sheet, mqtt_type_name(row.note.type));
        if (row.note.packet_id)
            put_number(sheet, "%u", row.note.packet_id);
        else
            put_cell(sheet, "");
        render_flags(&text, &row);
        put_text(sheet, &text);
        render_text(&text, slice_of_string(row.note.topic), 0);
        put_text(sheet, &text);
        render_info(&text, &row);
        put_text(sheet, &text);
        put_number(sheet, "%u", row.record.original_len);
        render_text(&text, slice_of_string(row.comment ? row.comment : ""), 0);
        put_text(sheet, &text);
        end_row(sheet);
    }
    buf_release(&text);
}

/* ---- the others ---- */

static void put_sessions(const struct store *store, struct sheet *sheet)
{
    static const char *const names[] = {
        "client",         "state",         "user",           "#keep_alive_s",
        "#subscriptions", "#in_flight_in", "#in_flight_out", NULL};
    struct buf text = {0};

    begin_sheet(sheet, names);
    for (size_t i = 0; i < store->model->client_count; i++) {
        const struct model_client *client = store->model->clients[i];

        render_text(&text, slice_of_string(client->client_id), 0);
        put_text(sheet, &text);
        put_cell(sheet, model_state_name(client->state));
        render_text(&text,
                    slice_of_string(client->user_name ? client->user_name : ""),
                    0);
        put_text(sheet, &text);
        put_number(sheet, "%u", client->keep_alive_s);
        put_number(sheet, "%zu", client->subscription_count);
        put_number(sheet, "%zu", model_in_flight(client, true));
        put_number(sheet, "%zu", model_in_flight(client, false));
        end_row(sheet);
    }
    buf_release(&text);
}

static void put_topics(const struct store *store, struct sheet *sheet)
{
    static const char *const names[] = {"topic",    "#messages",    "#qos",
                                        "retained", "#subscribers", "payload",
                                        NULL};
    struct model_topic *topic = NULL;
    struct buf text = {0};

    begin_sheet(sheet, names);
    while ((topic = model_topic_next(store->model, topic, true))) {
        struct buf name = {0};
        size_t kept = topic->payload_len < MODEL_PAYLOAD_MAX
                          ? topic->payload_len
                          : MODEL_PAYLOAD_MAX;

        if (!topic->named)
            continue;
        model_topic_name(topic, &name);
        render_text(&text, buf_slice(&name), 0);
        put_text(sheet, &text);
        put_number(sheet, "%llu", (unsigned long long)topic->published);
        put_number(sheet, "%u", topic->qos);
        put_cell(sheet, topic->retained ? "yes" : "no");
        put_number(sheet, "%zu", model_subscribers(store->model, topic));
        render_text(&text, slice_of(topic->payload, kept), 0);
        put_text(sheet, &text);
        end_row(sheet);
        buf_release(&name);
    }
    buf_release(&text);
}

static void put_stats(const struct store *store, struct sheet *sheet)
{
    static const char *const names[] = {"type", "#to_broker", "#to_clients",
                                        NULL};
    const struct model_counters *counters = &store->model->counters;

    begin_sheet(sheet, names);
    for (int type = MQTT_CONNECT; type <= MQTT_AUTH; type++) {
        put_cell(sheet, mqtt_type_name((enum mqtt_type)type));
        put_number(sheet, "%llu",
                   (unsigned long long)counters->packets[true][type]);
        put_number(sheet, "%llu",
                   (unsigned long long)counters->packets[false][type]);
        end_row(sheet);
    }
    put_cell(sheet, "bytes");
    put_number(sheet, "%llu", (unsigned long long)counters->bytes[true]);
    put_number(sheet, "%llu", (unsigned long long)counters->bytes[false]);
    end_row(sheet);
}

void export_table(const struct store *store, enum export_what what,
                  enum export_format format, struct buf *out)
{
    struct sheet sheet = {.out = out, .format = format};

    switch (what) {
    case EXPORT_PACKETS: put_packets(store, &sheet); break;
    case EXPORT_SESSIONS: put_sessions(store, &sheet); break;
    case EXPORT_TOPICS: put_topics(store, &sheet); break;
    case EXPORT_STATS: put_stats(store, &sheet); break;
    }
}

#include "tui/wire_keys.h"

#include "capture/capture_keys.h"
#include "capture/capture_tls.h"
#include "tui/view.h"
#include "wire/dissect_fields.h"
#include "wire/event.h"

#include <string.h>

#define MAX_SHOWN 256 /* bytes of content that are kept */

void wire_keys_release(struct wire_keys *keys)
{
    buf_release(&keys->lines);
    buf_release(&keys->content);
    *keys = (struct wire_keys){0};
}

/* ---- reading with keys ---- */

/* While a connection is read from its beginning to the piece. */
struct reading {
    struct wire_keys *keys;
    struct capture_keys secrets;
    struct buf random; /* of the client, in hex: the name of its keys */
};

static void on_bytes(void *context, unsigned side, struct slice bytes,
                     const struct capture_origin *origin)
{
    struct reading *reading = context;
    struct buf *content = &reading->keys->content;

    (void)side;
    if (origin->frame != reading->keys->cable || content->len >= MAX_SHOWN)
        return;
    buf_append_slice(
        content,
        slice_first(bytes, bytes.len < MAX_SHOWN ? bytes.len : MAX_SHOWN));
}

static void on_lost(void *context, unsigned side, uint32_t count)
{
    (void)context;
    (void)side;
    (void)count;
}

static void on_text(void *context, const char *text)
{
    (void)context;
    (void)text;
}

/* The client's random bytes, when they are in this piece. */
static void find_random(struct reading *reading, const struct history_row *row)
{
    struct dissection dissection = {.without_text = true};
    const struct field *field;

    if (reading->random.len || row->record.direction != RECORD_C2B)
        return;
    dissect_row(&dissection, row);
    field = dissect_find(&dissection,
                         dissect_fields_info(DISSECT_TLS_RANDOM)->name);
    for (size_t i = 0; field && i < field->value.len; i++)
        buf_printf(&reading->random, "%02x", field->value.bytes[i]);
    dissect_release(&dissection);
}

static bool is_cable(const struct history_row *row, uint32_t connection)
{
    return row->record.connection == connection &&
           row->record.type == RECORD_WIRE && row->record.layer == RECORD_CABLE;
}

static bool is_key(const struct history_row *row)
{
    return row->record.type == RECORD_TLS &&
           record_code(row->record.bytes) == EVENT_TLS_KEYS;
}

/* The keys of all connections, and beside them those of this one as text. */
static void gather(struct reading *reading, const struct store *store)
{
    struct history_row row;

    for (uint64_t at = history_first(store->history); at < store->listed_to;
         at++) {
        if (!store_row(store, at, &row))
            continue;
        if (is_cable(&row, reading->keys->connection))
            find_random(reading, &row);
        if (!is_key(&row))
            continue;
        struct slice line = record_get(row.record.bytes, RECORD_TEXT);
        struct buf text = {0};

        buf_append_slice(&text, line);
        capture_keys_add(&reading->secrets, line);
        if (reading->random.len &&
            strstr(buf_string(&text), buf_string(&reading->random)))
            buf_printf(&reading->keys->lines, "%s\n", buf_string(&text));
        buf_release(&text);
    }
}

static void on_unread(void *context, unsigned side, uint32_t count,
                      const struct capture_origin *origin, const char *text)
{
    (void)side;
    (void)count;
    (void)origin;
    on_text(context, text);
}

static void decrypt(struct reading *reading, const struct store *store,
                    uint64_t first)
{
    static const struct capture_tls_events events = {on_bytes, on_lost, on_text,
                                                     on_unread, on_text};
    struct capture_tls *tls =
        capture_tls_new(&events, reading, &reading->secrets);
    struct history_row row;

    for (uint64_t at = first; at <= reading->keys->cable; at++) {
        struct capture_origin origin = {.frame = at};

        if (store_row(store, at, &row) &&
            is_cable(&row, reading->keys->connection))
            capture_tls_take(tls, row.record.direction != RECORD_C2B,
                             row.record.bytes, &origin);
    }
    capture_tls_free(tls);
}

void wire_keys_look(struct wire_keys *keys, const struct store *store,
                    uint32_t connection, uint64_t first, uint64_t cable)
{
    struct reading reading = {.keys = keys};

    if (keys->connection == connection && keys->cable == cable)
        return;
    keys->connection = connection;
    keys->cable = cable;
    buf_clear(&keys->lines);
    buf_clear(&keys->content);
    gather(&reading, store);
    if (keys->lines.len && cable != STORE_NOWHERE)
        decrypt(&reading, store, first);
    capture_keys_release(&reading.secrets);
    buf_release(&reading.random);
}

/* ---- drawing ---- */

/* A line of the key log without the random bytes in its middle. */
static void draw_key(const struct area *area, int y, const char *line,
                     size_t len)
{
    size_t label = strcspn(line, " ");
    size_t secret = len;

    while (secret > 0 && line[secret - 1] != ' ')
        secret--;
    grid_printf(area, y, 1, STYLE_ERROR, "%-31.*s %.*s", (int)label, line,
                (int)(len - secret), line + secret);
}

static void draw_content(const struct area *area, int y, struct slice content)
{
    int most = (area->width - 4) / 4;
    int count = content.len < (size_t)most ? (int)content.len : most;

    grid_text(area, y, 1, STYLE_HEADING, "with them this record says:");
    for (int i = 0; i < count; i++) {
        uint8_t byte = content.bytes[i];

        grid_printf(area, y + 1, 1 + 3 * i, STYLE_PLAIN, "%02x", byte);
        grid_printf(area, y + 1, 3 + 3 * count + i, STYLE_PLAIN, "%c",
                    byte >= ' ' && byte < 0x7f ? byte : '.');
    }
}

void wire_keys_draw(const struct wire_keys *keys, const struct area *area,
                    bool is_tls)
{
    struct buf lines = {0};
    int y = 0;

    if (!keys->lines.len) {
        struct area inner =
            grid_part(area, 0, 1, area->height, area->width - 2);

        view_paragraph(
            &inner, 0, STYLE_PLAIN,
            !is_tls ? "This connection has no TLS: whoever is on "
                      "the cable reads it without any key."
                    : "No keys of this connection were recorded, so nobody "
                      "can read it. A broker that was started with "
                      "--with-keys gives them to those who look inside.");
        return;
    }
    buf_append_slice(&lines, buf_slice(&keys->lines));
    for (const char *line = buf_string(&lines); *line && y + 2 < area->height;
         line += strcspn(line, "\n") + 1)
        draw_key(area, y++, line, strcspn(line, "\n"));
    if (keys->content.len)
        draw_content(area, y, buf_slice(&keys->content));
    else
        grid_text(area, y, 1, STYLE_DIM,
                  "this record has no content: it is part of the handshake");
    buf_release(&lines);
}

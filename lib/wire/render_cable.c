#include "wire/render_cable.h"

#include "wire/cable_units.h"
#include "wire/dissect_cable.h"
#include "wire/dissect_line.h"
#include "wire/render.h"

#include <inttypes.h>
#include <string.h>

#define MAX_COLUMNS 60 /* of a name that a peer says */

/* A unit: the fields [from, to). */
struct unit {
    struct buf *out;
    const struct dissection *dissection;
    size_t from;
    size_t to;
};

static const struct field *field_at(const struct unit *unit, size_t at)
{
    return &unit->dissection->fields[at];
}

static bool is(const struct field *field, enum dissect_id id)
{
    return field->info && field->info == dissect_fields_info(id);
}

static const struct field *find(const struct unit *unit, enum dissect_id id)
{
    for (size_t i = unit->from; i < unit->to; i++) {
        if (is(field_at(unit, i), id))
            return field_at(unit, i);
    }
    return NULL;
}

static const char *value_name(const struct field *field)
{
    const char *name = field->info->value_name(field->number);

    return name ? name : "Unknown";
}

static void put_text(const struct unit *unit, const char *before,
                     const struct field *field)
{
    if (!field)
        return;
    buf_append_string(unit->out, before);
    render_text(unit->out, field->value, MAX_COLUMNS);
}

/* ---- TLS ---- */

/* All values of a field, behind one word. */
static void put_all(const struct unit *unit, const char *before,
                    enum dissect_id id)
{
    bool first = true;

    for (size_t i = unit->from; i < unit->to; i++) {
        if (!is(field_at(unit, i), id))
            continue;
        put_text(unit, first ? before : ", ", field_at(unit, i));
        first = false;
    }
}

/* What the server chose. */
static void server_hello(const struct unit *unit)
{
    const struct field *version = find(unit, DISSECT_TLS_VERSION);
    const struct field *suite = find(unit, DISSECT_TLS_SUITE);

    if (!version)
        version = find(unit, DISSECT_TLS_HANDSHAKE_VERSION);
    if (version)
        buf_printf(unit->out, ", %s", value_name(version));
    if (suite)
        buf_printf(unit->out, ", %s", value_name(suite));
}

/* A key of TLS 1.3 has a name that somebody chose, or is a ticket. */
static void put_identity(const struct unit *unit)
{
    const struct field *id = find(unit, DISSECT_TLS_PSK_ID);

    if (!id)
        return;
    if (dissect_line_printable(id->value))
        put_text(unit, ", PSK identity ", id);
    else
        buf_append_string(unit->out, ", resumes with a ticket");
}

static void message(const struct unit *unit)
{
    const struct field *type = find(unit, DISSECT_TLS_HANDSHAKE_TYPE);

    buf_append_string(unit->out, type ? value_name(type) : "Handshake");
    if (type && type->number == 2)
        server_hello(unit);
    put_text(unit, ", SNI ", find(unit, DISSECT_TLS_SNI));
    put_all(unit, ", ALPN ", DISSECT_TLS_ALPN);
    put_identity(unit);
    put_text(unit, ", PSK hint ", find(unit, DISSECT_TLS_HINT));
    put_text(unit, ", PSK identity ", find(unit, DISSECT_TLS_IDENTITY));
    put_all(unit, " CN=", DISSECT_X509_SUBJECT);
}

/* The messages of a record. */
static bool messages(const struct unit *unit)
{
    bool any = false;

    for (size_t i = unit->from; i < unit->to; i++) {
        struct unit one = *unit;

        if (!is(field_at(unit, i), DISSECT_TLS_HANDSHAKE))
            continue;
        one.from = i;
        one.to = i + 1;
        while (one.to < unit->to &&
               field_at(unit, one.to)->depth > field_at(unit, i)->depth)
            one.to++;
        if (any)
            buf_append_string(unit->out, "; ");
        message(&one);
        any = true;
    }
    return any;
}

static void record(const struct unit *unit)
{
    const struct field *alert = find(unit, DISSECT_TLS_ALERT_DESC);
    const struct field *len = find(unit, DISSECT_TLS_RECORD_LENGTH);
    const char *heading =
        dissect_text(unit->dissection, field_at(unit, unit->from));
    const char *name = strstr(heading, ": ");

    if (messages(unit))
        return;
    if (alert) {
        buf_printf(unit->out, "Alert: %s", value_name(alert));
        return;
    }
    buf_append_string(unit->out, name ? name + 2 : heading);
    if (len && len->number > 1)
        buf_printf(unit->out, ", %" PRIu64 " bytes", len->number);
}

/* ---- HTTP and WebSocket ---- */

static void http(const struct unit *unit)
{
    const struct field *code = find(unit, DISSECT_HTTP_CODE);

    put_text(unit, "", find(unit, DISSECT_HTTP_METHOD));
    put_text(unit, " ", find(unit, DISSECT_HTTP_URI));
    put_text(unit, " ", find(unit, DISSECT_HTTP_REQUEST_VERSION));
    put_text(unit, "", find(unit, DISSECT_HTTP_RESPONSE_VERSION));
    if (code)
        buf_printf(unit->out, " %" PRIu64, code->number);
    put_text(unit, " ", find(unit, DISSECT_HTTP_PHRASE));
}

static void frame(const struct unit *unit, const struct field *opcode)
{
    const struct field *mask = find(unit, DISSECT_WS_MASK);
    const struct field *len = find(unit, DISSECT_WS_LENGTH_64);
    const struct field *close = find(unit, DISSECT_WS_CLOSE_CODE);

    if (!len)
        len = find(unit, DISSECT_WS_LENGTH_16);
    if (!len)
        len = find(unit, DISSECT_WS_LENGTH);
    buf_printf(unit->out, "%s frame", value_name(opcode));
    if (mask && mask->number)
        buf_append_string(unit->out, ", masked");
    if (len)
        buf_printf(unit->out, ", %" PRIu64 " byte%s", len->number,
                   len->number == 1 ? "" : "s");
    if (close)
        buf_printf(unit->out, ", %" PRIu64 " %s", close->number,
                   value_name(close));
}

/* ---- the whole ---- */

size_t render_cable_next(const struct dissection *dissection, size_t at)
{
    at++;
    while (at < dissection->count && dissection->fields[at].depth)
        at++;
    return at;
}

size_t render_cable_unit(struct buf *out, const struct dissection *dissection,
                         size_t at)
{
    struct unit unit = {out, dissection, at, render_cable_next(dissection, at)};
    const struct field *opcode;

    opcode = find(&unit, DISSECT_WS_OPCODE);
    if (is(field_at(&unit, at), DISSECT_TLS_RECORD))
        record(&unit);
    else if (is(field_at(&unit, at), DISSECT_HTTP))
        http(&unit);
    else if (opcode)
        frame(&unit, opcode);
    else
        buf_append_string(out, dissect_text(dissection, field_at(&unit, at)));
    return unit.to;
}

void render_cable(struct buf *out, const struct history_row *row)
{
    struct dissection dissection = {0};

    dissect_row(&dissection, row);
    for (size_t at = 0; at < dissection.count;) {
        if (at)
            buf_append_string(out, "; ");
        at = render_cable_unit(out, &dissection, at);
    }
    dissect_release(&dissection);
}

const char *render_cable_kind(const struct history_row *row)
{
    static const char *const names[] = {
        [CABLE_UNKNOWN] = "bytes",
        [CABLE_TLS] = "TLS",
        [CABLE_HTTP] = "HTTP",
        [CABLE_FRAMES] = "WebSocket",
    };

    return names[row->note.cable.kind];
}

bool render_cable_is_dull(const struct history_row *row)
{
    struct cable_place place = row->note.cable;
    struct slice bytes = row->record.bytes;
    struct cable_unit unit;
    uint32_t at = 0;

    while (cable_units_next(&place, bytes, &at, &unit)) {
        uint8_t first = bytes.bytes[unit.at];

        if (!unit.begins)
            continue;
        if (unit.kind == CABLE_HTTP || unit.kind == CABLE_UNKNOWN)
            return false;
        if (unit.kind == CABLE_TLS && first != 23)
            return false;
        if (unit.kind == CABLE_FRAMES && first & 0x08)
            return false;
    }
    return true;
}

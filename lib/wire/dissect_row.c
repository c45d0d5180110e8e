#include "wire/dissect_body.h"
#include "wire/dissect_cable.h"
#include "wire/event.h"
#include "wire/render.h"

#include <stdio.h>

/* Longest text of an attribute. */
#define MAX_COLUMNS 240

static void packet(struct dissection *dissection, const struct history_row *row)
{
    const struct record *record = &row->record;
    struct dissector d = {
        .out = dissection,
        .bytes = record->bytes,
        .version = row->note.version ? row->note.version : record->version,
        .from_client = record->direction != RECORD_B2C,
        .truncated = record->flags & RECORD_TRUNCATED,
        .knows_alias = true,
        .alias_topic = row->note.topic ? row->note.topic : "",
    };

    dissect_run(&d);
}

static const char *key_name(uint8_t key)
{
    static const char *const names[] = {
        [RECORD_CLIENT_ID] = "Client Identifier",
        [RECORD_USER_NAME] = "User Name",
        [RECORD_TOPIC] = "Topic",
        [RECORD_TEXT] = "Text",
        [RECORD_NUMBER] = "Number",
        [RECORD_PEER] = "Peer",
        [RECORD_LOCAL] = "Our end",
        [RECORD_TRANSPORT] = "Transport",
        [RECORD_QOS] = "QoS",
        [RECORD_REASON] = "Reason Code",
        [RECORD_STATEMENT] = "Statement",
        [RECORD_PAYLOAD] = "Message",
        [RECORD_RETAIN] = "Retain",
        [RECORD_KEEP_ALIVE] = "Keep Alive",
        [RECORD_VERSION] = "Version",
        [RECORD_CLEAN] = "Clean Start",
        [RECORD_EXPIRY] = "Expiry",
        [RECORD_ID] = "Name",
        [RECORD_SUBJECT] = "About record",
    };

    if (key >= sizeof(names) / sizeof(names[0]) || !names[key])
        return "Unknown attribute";
    return names[key];
}

/* A heading of count bytes that reads "label: value". */
static void heading(struct dissector *d, uint32_t count, const char *label,
                    struct slice value)
{
    struct buf text = {0};

    buf_printf(&text, "%s: ", label);
    render_text(&text, value, MAX_COLUMNS);
    dissector_heading(d, DISSECT_NO_FIELD, count, buf_string(&text));
    d->out->fields[d->last].value = value;
    buf_release(&text);
}

static void attributes(struct dissector *d)
{
    const struct slice bytes = d->bytes;

    if (bytes.len < 2)
        return;
    heading(d, 2, "Event", slice_of_string(event_name(record_code(bytes))));
    while (bytes.len - d->at >= 3 && !dissector_full(d)) {
        const uint8_t *at = bytes.bytes + d->at;
        uint32_t len = (uint32_t)at[1] << 8 | at[2];

        if (bytes.len - d->at - 3 < len)
            break;
        heading(d, 3 + len, key_name(at[0]), slice_of(at + 3, len));
    }
}

void dissect_row(struct dissection *dissection, const struct history_row *row)
{
    struct dissector d = {.out = dissection, .bytes = row->record.bytes};
    char text[64];

    if (row->record.type == RECORD_MQTT) {
        packet(dissection, row);
        return;
    }
    dissect_reset(dissection);
    d.end = (uint32_t)d.bytes.len;
    if (row->record.type != RECORD_WIRE) {
        attributes(&d);
        return;
    }
    if (row->record.layer == RECORD_CABLE) {
        dissect_cable(&d, row->note.cable);
        return;
    }
    snprintf(text, sizeof(text), "%zu bytes that are no packet", d.bytes.len);
    dissector_heading(&d, DISSECT_NO_FIELD, (uint32_t)d.bytes.len, text);
}

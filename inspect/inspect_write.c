#include "inspect/inspect_write.h"

#include "mqtt/mqtt.h"
#include "wire/event.h"

#include <errno.h>

#define MAX_CONNECTION (1u << 24) /* those behind it keep no opening */

int inspect_write_open(struct inspect_write *write, const char *path)
{
    write->file = fopen(path, "wb");
    if (!write->file)
        return -errno;
    write->writer = pcapng_is_pcap(path) ? pcapng_writer_new_pcap(write->file)
                                         : pcapng_writer_new(write->file, NULL);
    return 0;
}

/* Is its opening written? From now on it is. */
static bool is_known(struct inspect_write *write, uint32_t connection)
{
    size_t at = connection / 8;
    uint8_t bit = (uint8_t)(1u << connection % 8);

    if (!connection || connection > MAX_CONNECTION)
        return true;
    while (write->known.len <= at)
        buf_append_u8(&write->known, 0);
    bool known = write->known.bytes[at] & bit;
    write->known.bytes[at] |= bit;
    return known;
}

static void put(struct inspect_write *write, const struct record *record)
{
    write->error = pcapng_write(write->writer, record);
    write->seq = record->seq;
}

/* As a broker tells who comes later: a record from before. */
static void put_before(struct inspect_write *write,
                       const struct history_row *row, enum record_type type,
                       uint64_t seq)
{
    struct record record = {
        .seq = seq,
        .time_ns = row->record.time_ns,
        .connection = row->record.connection,
        .type = (uint8_t)type,
        .flags = RECORD_SNAPSHOT,
        .version = row->note.version,
        .bytes = buf_slice(&write->attributes),
        .original_len = write->attributes.len,
    };

    if (seq > write->seq && !write->error)
        put(write, &record);
}

static void put_opening(struct inspect_write *write,
                        const struct history_row *row)
{
    record_begin(&write->attributes, EVENT_CONN_OPENED);
    record_put_string(&write->attributes, RECORD_PEER, row->note.peer);
    record_put_string(&write->attributes, RECORD_LOCAL, row->note.local);
    record_put_string(&write->attributes, RECORD_TRANSPORT,
                      row->note.transport);
    put_before(write, row, RECORD_CONN, row->record.seq - 2);
    if (!*row->note.client_id || row->note.type == MQTT_CONNECT)
        return;
    record_begin(&write->attributes, EVENT_CONNECT_ACCEPTED);
    record_put_string(&write->attributes, RECORD_CLIENT_ID,
                      row->note.client_id);
    record_put_number(&write->attributes, RECORD_VERSION, row->note.version);
    put_before(write, row, RECORD_EVT, row->record.seq - 1);
}

void inspect_write_row(struct inspect_write *write,
                       const struct history_row *row)
{
    bool opens = row->record.type == RECORD_CONN;

    if (!write->file || write->error)
        return;
    if (!is_known(write, row->record.connection) && !opens)
        put_opening(write, row);
    if (!write->error)
        put(write, &row->record);
}

void inspect_write_flush(struct inspect_write *write)
{
    if (write->file && !write->error)
        write->error = pcapng_flush(write->writer);
}

int inspect_write_close(struct inspect_write *write)
{
    int error;

    if (!write->file)
        return 0;
    inspect_write_flush(write);
    pcapng_writer_free(write->writer);
    error = fclose(write->file) != 0 && !write->error ? -errno : write->error;
    buf_release(&write->known);
    buf_release(&write->attributes);
    *write = (struct inspect_write){0};
    return error;
}

#include "tui/packet_columns.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* clang-format off */
const struct packet_column_info packet_column_table[PACKET_COLUMNS] = {
    [PACKET_COLUMN_NUMBER] =    {"number",    "No",           3,  8,  true,  0},
    [PACKET_COLUMN_FRAME] =     {"frame",     "Frame",        5,  8,  true,  -1},
    [PACKET_COLUMN_TIME] =      {"time",      "Time",         5,  12, true,  52},
    [PACKET_COLUMN_DELTA] =     {"delta",     "dt",           5,  9,  true,  76},
    [PACKET_COLUMN_CLIENT] =    {"client",    "Client",       8,  14, false, 0},
    [PACKET_COLUMN_USER] =      {"user",      "User",         4,  14, false, -1},
    [PACKET_COLUMN_STREAM] =    {"stream",    "Stream",       6,  6,  true,  -1},
    [PACKET_COLUMN_DIRECTION] = {"direction", "",             1,  1,  false, 0},
    [PACKET_COLUMN_TYPE] =      {"type",      "Type",         7,  11, false, 0},
    [PACKET_COLUMN_ID] =        {"id",        "Id",           2,  5,  true,  0},
    [PACKET_COLUMN_FLAGS] =     {"flags",     "Flags",        5,  7,  false, 48},
    [PACKET_COLUMN_BYTES] =     {"bytes",     "Bytes",        5,  8,  true,  -1},
    [PACKET_COLUMN_TOPIC] =     {"topic",     "Topic",        8,  24, false, -1},
    [PACKET_COLUMN_INFO] =      {"info",      "Topic / info", 12, 12, false, 0},
    [PACKET_COLUMN_ANSWER] =    {"answer",    "Answer",       6,  9,  true,  -1},
    [PACKET_COLUMN_PAIR] =      {"pair",      "Pair",         5,  9,  false, 60},
};
/* clang-format on */

static bool is_called(const char *name, const char *word, size_t len)
{
    return strlen(name) == len && !strncasecmp(name, word, len);
}

/* By its name, or what stands above it. */
static int find(const char *word, size_t len)
{
    int column = 0;

    while (column < PACKET_COLUMNS &&
           !is_called(packet_column_table[column].name, word, len) &&
           !is_called(packet_column_table[column].title, word, len))
        column++;
    return column;
}

const char *packet_columns_parse(struct packet_columns *columns,
                                 const char *text, char *error,
                                 size_t error_size)
{
    static const char apart[] = " ,\t\r\n";
    struct packet_columns chosen = {0};

    for (text += strspn(text, apart); *text; text += strspn(text, apart)) {
        size_t len = strcspn(text, apart);
        int column = find(text, len);

        if (column == PACKET_COLUMNS) {
            snprintf(error, error_size, "there is no column '%.*s'",
                     len < 40 ? (int)len : 40, text);
            return error;
        }
        for (int i = 0; i < chosen.count; i++) {
            if (chosen.items[i] == column)
                return "a column can be there once";
        }
        chosen.items[chosen.count++] = (unsigned char)column;
        text += len;
    }
    *columns = chosen;
    return NULL;
}

enum packet_column packet_columns_at(const struct packet_columns *columns,
                                     int place, int width)
{
    int column = 0;

    if (columns->count)
        return place < columns->count
                   ? (enum packet_column)columns->items[place]
                   : PACKET_COLUMNS;
    for (; column < PACKET_COLUMNS; column++) {
        int from = packet_column_table[column].from;

        if (from >= 0 && from <= width && place-- == 0)
            break;
    }
    return (enum packet_column)column;
}

void packet_columns_put(const struct packet_columns *columns, int width,
                        struct buf *out)
{
    enum packet_column column;

    for (int i = 0;
         (column = packet_columns_at(columns, i, width)) != PACKET_COLUMNS; i++)
        buf_printf(out, "%s%s", i ? " " : "", packet_column_table[column].name);
}

#include "packet_rows.h"

#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROWS = 4000, NO_VERDICT = 2 };

static unsigned read_verdict(const char *word)
{
    if (!strcmp(word, "ok"))
        return PACKET_OK;
    if (!strcmp(word, "alt"))
        return PACKET_ALT;
    unsigned reason = (unsigned)strtoul(word, NULL, 16);
    return reason >= 0x80 ? reason : NO_VERDICT;
}

static void read_line(struct packet_rows *all, const char *table, int number,
                      const char *line)
{
    char versions[8];
    char verdict[8];
    char statement[32];
    char hex[2 * PACKET_ROW_BYTES + 200];
    char name[100];

    if (sscanf(line, "%7s %7s %31s %1223s %99[^\n]", versions, verdict,
               statement, hex, name) != 5 ||
        read_verdict(verdict) == NO_VERDICT || all->count > MAX_ROWS - 3) {
        fprintf(stderr, "%s.txt:%d: not a row\n", table, number);
        exit(EXIT_FAILURE);
    }
    for (const char *version = versions; *version; version++) {
        struct packet_row *row = &all->rows[all->count++];

        row->version = (enum mqtt_version)(*version - '0');
        row->verdict = read_verdict(verdict);
        row->len = unit_hex(hex, row->bytes, sizeof(row->bytes));
        snprintf(row->name, sizeof(row->name), "%s.txt:%d (version %c): %s",
                 table, number, *version, name);
    }
}

void packet_rows_read(struct packet_rows *all, const char *table)
{
    char path[64];
    char line[2048];

    if (!all->rows)
        all->rows = calloc(MAX_ROWS, sizeof(all->rows[0]));
    snprintf(path, sizeof(path), "tests/packets/%s.txt", table);
    FILE *file = fopen(path, "r");
    if (!file || !all->rows) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    for (int number = 1; fgets(line, sizeof(line), file); number++) {
        if (line[0] != '#' && line[0] != '\n')
            read_line(all, table, number, line);
    }
    fclose(file);
}

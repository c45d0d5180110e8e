/*
 * What somebody reads who has the keys of a TLS connection, too: why a key log
 * must stay secret. There are keys only when they were recorded (--with-keys).
 */
#ifndef TUI_WIRE_KEYS_H
#define TUI_WIRE_KEYS_H

#include "tui/store.h"

struct wire_keys {
    uint32_t connection; /* that was looked at; 0: none */
    uint64_t cable;      /* position of the piece, likewise */
    struct buf lines;    /* owned: its keys, a line "\n"-ended each */
    struct buf content;  /* owned: what the piece has said */
};

void wire_keys_release(struct wire_keys *keys);

/* Look at this piece of a connection, whose first record is at first. */
void wire_keys_look(struct wire_keys *keys, const struct store *store,
                    uint32_t connection, uint64_t first, uint64_t cable);

/* Draw keys and content, or why there are none; is_tls: the connection has
   TLS. */
void wire_keys_draw(const struct wire_keys *keys, const struct area *area,
                    bool is_tls);

#endif

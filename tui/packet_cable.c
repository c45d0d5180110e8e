#include "tui/packet_cable.h"

void packet_cable_release(struct packet_cable *cable)
{
    wire_leaks_release(&cable->leaks);
    wire_lines_release(&cable->lines);
    detail_release(&cable->detail);
}

/* In front of a proxy, which records only what was in it? */
static bool is_covered(struct packet_cable *cable, const struct store *store,
                       const struct history_row *row)
{
    wire_leaks_catch_up(&cable->leaks, store);
    size_t index = wire_leaks_find(&cable->leaks, row->record.connection);
    return index < cable->leaks.count &&
           cable->leaks.connections[index]->eavesdropper.cover >=
               EAVESDROPPER_TLS_1_2;
}

/* Where it lies; STORE_NOWHERE, with the reason, when that is not known. */
static uint64_t carrier(struct packet_cable *cable, const struct store *store,
                        uint64_t position, const struct history_row *row,
                        uint32_t *at)
{
    const struct wire_connection *connection;
    uint64_t found;
    size_t index;

    wire_leaks_catch_up(&cable->leaks, store);
    index = wire_leaks_find(&cable->leaks, row->record.connection);
    if (index == cable->leaks.count)
        return STORE_NOWHERE;
    connection = cable->leaks.connections[index];
    wire_lines_look(&cable->lines, store, connection->number, connection->first,
                    connection->eavesdropper.overhead);
    return wire_lines_carrier(&cable->lines, position, &found, at)
               ? found
               : STORE_NOWHERE;
}

void packet_cable_look(struct packet_cable *cable, const struct store *store,
                       uint64_t position, const struct history_row *row)
{
    uint64_t before = cable->detail.position;
    uint64_t found = STORE_NOWHERE;
    uint32_t at = 0;

    cable->why = NULL;
    if (row->record.layer == RECORD_PLAIN && is_covered(cable, store, row))
        cable->why = "It crossed encrypted, to a proxy that records only what "
                     "was in it: an eavesdropper does not read it.";
    else if (row->record.layer == RECORD_PLAIN)
        cable->why = "The same bytes: neither TLS nor WebSocket is around "
                     "them, so an eavesdropper reads all that the ends do.";
    else
        found = carrier(cable, store, position, row, &at);
    if (!cable->why && found == STORE_NOWHERE)
        cable->why = "It is not known which bytes carried it: they were not "
                     "recorded, or have not been sent.";
    detail_look(&cable->detail, store, found);
    if (found != STORE_NOWHERE &&
        (found != before || cable->detail.unit_at != at))
        detail_choose_unit(&cable->detail, at);
}

void packet_cable_draw_tree(struct packet_cable *cable, const struct area *area,
                            bool focus)
{
    struct area inner = grid_part(area, 0, 1, area->height, area->width - 2);

    if (cable->why) {
        view_paragraph(&inner, 0, STYLE_PLAIN, cable->why);
        if (focus)
            grid_cursor(area, 0, 0);
    } else {
        detail_draw_tree(&cable->detail, area, focus);
    }
}

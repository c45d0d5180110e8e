#include "wire/dissect_cable.h"

#include <stdio.h>

/* ---- reading what may not be there ---- */

static uint32_t left(const struct dissector *d)
{
    return d->end - d->at;
}

bool dissect_cable_room(struct dissector *d, uint32_t count)
{
    char text[80];

    if (d->stopped || dissector_full(d))
        return false;
    if (left(d) >= count)
        return true;
    snprintf(text, sizeof(text), "%u of %u bytes are here", (unsigned)left(d),
             (unsigned)count);
    dissector_heading(d, DISSECT_NO_FIELD, left(d), text);
    d->out->cut = true;
    d->stopped = true;
    return false;
}

uint32_t dissect_cable_number(struct dissector *d, enum dissect_id id,
                              uint32_t size)
{
    return dissect_cable_room(d, size) ? dissector_number(d, id, size) : 0;
}

uint32_t dissect_cable_enter(struct dissector *d, uint32_t count)
{
    uint32_t outer_end = d->end;

    if (count < left(d))
        d->end = d->at + count;
    return outer_end;
}

void dissect_cable_leave(struct dissector *d, uint32_t outer_end)
{
    d->at = d->end;
    d->stopped = d->end == outer_end;
    d->end = outer_end;
}

/* ---- units ---- */

static const char *const kinds[] = {
    [CABLE_UNKNOWN] = "cable",
    [CABLE_TLS] = "TLS",
    [CABLE_HTTP] = "HTTP",
    [CABLE_FRAMES] = "WebSocket",
};

/* What cannot be taken apart: a heading is all. */
static void heading(struct dissector *d, const struct cable_unit *unit)
{
    char text[100];

    if (!unit->begins)
        snprintf(text, sizeof(text),
                 "The rest of %s that began before: %u bytes",
                 unit->kind == CABLE_TLS      ? "a TLS record"
                 : unit->kind == CABLE_FRAMES ? "a WebSocket frame"
                 : unit->kind == CABLE_HTTP   ? "a head of HTTP"
                                              : "something",
                 (unsigned)unit->here);
    else if (!unit->header)
        snprintf(text, sizeof(text), "%u bytes that are neither TLS nor %s",
                 (unsigned)unit->here, "WebSocket");
    else
        snprintf(text, sizeof(text), "The beginning of a header: %u bytes",
                 (unsigned)unit->here);
    dissector_heading(d, DISSECT_NO_FIELD, unit->here, text);
}

static bool can_be_read(const struct cable_unit *unit)
{
    return unit->begins && unit->header && unit->kind != CABLE_UNKNOWN &&
           (unit->len || unit->kind == CABLE_HTTP);
}

void dissect_cable(struct dissector *d, struct cable_place place)
{
    struct cable_unit unit;
    uint32_t at = 0;

    d->out->type_name = kinds[place.kind];
    while (cable_units_next(&place, d->bytes, &at, &unit) &&
           !dissector_full(d)) {
        d->at = unit.at;
        d->end = at;
        d->depth = 0;
        d->stopped = false;
        if (!can_be_read(&unit))
            heading(d, &unit);
        else if (unit.kind == CABLE_TLS)
            dissect_tls_record(d, &unit, &place);
        else if (unit.kind == CABLE_HTTP)
            dissect_http_head(d);
        else
            dissect_ws_frame(d, &unit);
    }
}

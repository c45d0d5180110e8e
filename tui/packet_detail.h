/*
 * One packet in detail: its fields as a tree, its bytes, and what a field is
 * for. Field and bytes are linked both ways: the bytes of the chosen field
 * stand in "[ ]", and moving among the bytes chooses their field.
 */
#ifndef TUI_PACKET_DETAIL_H
#define TUI_PACKET_DETAIL_H

#include "tui/view.h"

#define DETAIL_FOLDS_MAX 32

struct packet_detail {
    struct dissection dissection;
    uint64_t position; /* of the packet; STORE_NOWHERE: none */
    struct history_row row;
    bool here;    /* row and dissection are filled */
    size_t field; /* index of the chosen field */
    uint32_t
        unit_at;    /* of a piece of the cable: where the chosen unit begins */
    uint32_t byte;  /* chosen byte, in the bytes pane */
    int above;      /* lines above the tree: an error, a note */
    size_t top;     /* first line of the tree that is seen */
    size_t hex_top; /* first line of the bytes that is seen */
    bool explain;   /* the field is explained below */
    const struct field_info *folds[DETAIL_FOLDS_MAX]; /* folded groups */
    size_t fold_count;
};

void detail_init(struct packet_detail *detail);
void detail_release(struct packet_detail *detail);

/* Look at the packet, or the bytes of the cable, at this position. */
void detail_look(struct packet_detail *detail, const struct store *store,
                 uint64_t position);

/* Choose the unit of the cable that begins at this byte. */
void detail_choose_unit(struct packet_detail *detail, uint32_t at);

/* The chosen field; NULL when there is none. */
const struct field *detail_field(const struct packet_detail *detail);

/* Draw the tree; focus: it has the cursor. */
void detail_draw_tree(struct packet_detail *detail, const struct area *area,
                      bool focus);
/* Draw the bytes and a line about the chosen field. */
void detail_draw_bytes(struct packet_detail *detail, const struct area *area,
                       bool focus);
/* Draw what the chosen field is for; returns the lines it took. */
int detail_draw_explanation(const struct packet_detail *detail,
                            const struct area *area);

/* Move by the action; height: of the pane. False when it is none of ours. */
bool detail_act_tree(struct packet_detail *detail, enum action action,
                     int height);
bool detail_act_bytes(struct packet_detail *detail, enum action action,
                      int width);

/* Choose what was clicked at a line (and column) of the pane. */
void detail_click_tree(struct packet_detail *detail, int y);
void detail_click_bytes(struct packet_detail *detail, int y, int x, int width);

/*
 * Append a filter that the chosen field's value satisfies: "mqtt.msgid == 7".
 * False when the field has no name or no value.
 */
bool detail_filter(const struct packet_detail *detail, struct buf *out);
/* The same for a field, which may be NULL. */
bool detail_filter_field(const struct field *field, struct buf *out);

/* "212 PUBLISH, 18 bytes, sensor-1 > broker" */
void detail_title(const struct packet_detail *detail, struct buf *out);
/* Append ", frame 13" of a file, if a title so wide has room for it. */
void detail_add_frame(const struct packet_detail *detail, int width,
                      struct buf *out);

#endif

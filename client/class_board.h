/*
 * The class on one screen: what students' labs have told to a broker
 * (labs/board.h), as a table with one line for each student.
 *
 * What comes is anybody's: names are made harmless, numbers are bounded, and
 * there is room for so many students and no more.
 */
#ifndef CLIENT_CLASS_BOARD_H
#define CLIENT_CLASS_BOARD_H

#include "base/buf.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLASS_BOARD_MAX  1000 /* students times labs */
#define CLASS_BOARD_NAME 48

enum class_board_state { CLASS_BOARD_LEFT, CLASS_BOARD_HERE, CLASS_BOARD_GONE };

/* A student at a lab. */
struct class_board_row {
    char student[CLASS_BOARD_NAME];
    char lab[CLASS_BOARD_NAME];
    enum class_board_state state;
    unsigned step, steps, points, max, hints;
    uint64_t moved_s; /* wall time of the last change; 0: nothing was told */
};

struct class_board {
    struct class_board_row *rows; /* owned; by student, then lab */
    size_t count;
};

void class_board_release(struct class_board *board);

/*
 * A message with this topic behind the prefix: "ann/01-x/progress",
 * "ann/01-x/state". An empty payload clears. Returns the row that has changed;
 * NULL when none has.
 */
const struct class_board_row *class_board_take(struct class_board *board,
                                               struct slice topic,
                                               struct slice payload);

/*
 * Append the table, each student once with the lab that is done now: as many
 * columns as fit next to each other, and lines at most. Lines end with "\n".
 */
void class_board_render(const struct class_board *board, unsigned columns,
                        unsigned lines, uint64_t now_s, struct buf *out);

/* Append one row as a sentence. */
void class_board_sentence(const struct class_board_row *row, struct buf *out);

#endif

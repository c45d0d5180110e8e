/*
 * Points that a person gives for answers in own words, in a CSV file beside the
 * hand-ins.
 *
 *   id,student,lab,question,max,points,remark,answer
 *   m3f09c1d2a4b7,ann,01-x,one.why,3,2,"Good; and who forgets it?","Because ..."
 *
 * The id stands for student, lab, question and answer, so what was given stays
 * with the answer that it was given for, however often it is graded: lines are
 * added for new answers and never changed. People write into the columns points
 * and remark; the others are for them to read. A spreadsheet may put ";"
 * between the columns and write them in another order.
 */
#ifndef LABS_MARKS_H
#define LABS_MARKS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define MARKS_ID_SIZE 14 /* with the NUL */

struct mark {
    char id[MARKS_ID_SIZE];
    int points;   /* -1: none yet */
    char *remark; /* "" when there is none */
};

struct marks {
    struct mark *marks;
    size_t count;
    char separator; /* in the file, between columns */
    bool there;     /* the file is, with its first line */
    bool open_end;  /* its last line has no end */
};

/* The id of an answer. */
void marks_id(char id[MARKS_ID_SIZE], const char *student, const char *lab,
              const char *step, const char *question, const char *answer);

/*
 * Read path; a file that is not there holds no marks yet. False with
 * "path:line: what" in error when something in it cannot be meant: points that
 * are no number from 0 to max, an id with two different points, columns that
 * are missing. Release either way.
 */
bool marks_read(struct marks *marks, const char *path, char *error,
                size_t error_size);
void marks_release(struct marks *marks);

/* The mark of this id, or NULL. */
const struct mark *marks_find(const struct marks *marks, const char *id);

/*
 * Add a line to path for each answer in the results (see grade.h) that is to be
 * marked and has none. Returns 0 or a negative errno.
 */
int marks_add(const struct marks *marks, const char *path,
              const json_t *results);

#endif

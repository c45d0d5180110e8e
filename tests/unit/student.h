/*
 * A student at a lab: a folder of its own that is home to one lab, and that lab
 * open in it.
 */
#ifndef UNIT_STUDENT_H
#define UNIT_STUDENT_H

#include "labs/live.h"
#include "labs/marks.h"

#include <jansson.h>

/* What the text of a lab begins with. */
#define STUDENT_LAB                              \
    "---\nid: 01-x\ntitle: X\nversion: 1\n---\n" \
    "# X\n"

/* And its first step, up to the first of its near misses. */
#define STUDENT_STEP                                   \
    "## Step 1: One\n"                                 \
    "<!-- step one -->\n"                              \
    "```check\n"                                       \
    "ping  2  seen lab.type == \"PINGREQ\" : pinged\n" \
    "q     3  answer q : question q\n"                 \
    "notes 1  file notes matches ^done : notes\n"      \
    "```\n"                                            \
    "```question q\n"                                  \
    "ask: How many?\n"                                 \
    "answer: 4\n"                                      \
    "```\n"                                            \
    "```near\n"                                        \
    "lab.type == \"DISCONNECT\" : Packet {n} is no ping.\n"

struct student {
    char folder[64];
    struct live live;
};

/* Make the folder, and remove it with all that is in it. */
void student_make_folder(struct student *student);
void student_remove_folder(struct student *student);

/* The same folder, in which what students keep is kept while it is there. */
void student_make_home(struct student *student);

/* Write a file in the folder. Returns its path, owned by the caller. */
char *student_write_file(const struct student *student, const char *name,
                         const char *text);

/* Write the lab 01-x and open it, as student ann. */
void student_begin(struct student *student, const char *lab_text);
void student_end(struct student *student);

/* Open the lab again, as after leaving it. */
void student_open(struct student *student);

/* A packet on connection 1, in hex, as the tap's next record. */
void student_packet(struct student *student, uint64_t seq, uint64_t time_ns,
                    const char *hex);

/* Pack what was done into a hand-in. Returns its path, owned by the caller. */
char *student_hand_in(const struct student *student);

/* Hand in, and grade that, with marks given by hand or NULL. Owned. */
json_t *student_grade(struct student *student, const struct marks *marks);

#endif

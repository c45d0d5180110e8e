/*
 * A lab: one Markdown file with steps, checks, hints and questions.
 *
 * Text is plain Markdown; what is for the machine stands in fenced blocks
 * (check, near, question, run) and HTML comments, so that the file reads well
 * on a web forge too. docs/labs.md describes the format for authors. A
 * loaded lab owns all its strings; {{name}} in them is already replaced by
 * the student's own values.
 */
#ifndef LABS_LAB_H
#define LABS_LAB_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* A paragraph, item or block of a step's text. */
enum lab_block_kind {
    LAB_PARAGRAPH,
    LAB_ITEM,    /* of a list; text begins with its sign: "- " or "1. " */
    LAB_COMMAND, /* a block to type or run; each line is one command */
    LAB_CODE,    /* a block to look at */
    LAB_TABLE,   /* rows with "|" between cells, one line each */
    LAB_QUOTE,
};

struct lab_block {
    enum lab_block_kind kind;
    unsigned depth; /* of an item: 1, and more in a list within a list */
    char *text;     /* one paragraph is one line; code keeps its lines */
    char *name;     /* of the file that this code is; NULL */
};

struct lab_hint {
    unsigned cost; /* points */
    char *text;
};

/* Where the right answer to a question comes from. */
enum lab_answer_kind {
    LAB_ANSWER_TEXT,   /* equal after normalising */
    LAB_ANSWER_SCRYPT, /* salted hash of the normalised text */
    LAB_ANSWER_FIELD,  /* a field of the packet that proved a check */
    LAB_ANSWER_HAND,   /* nowhere: a person reads it and gives the points */
};

struct lab_wrong {
    char *answer; /* or several, with "|" between */
    char *text;   /* what to say to it */
};

struct lab_question {
    char *id;
    char *ask;
    enum lab_answer_kind kind;
    bool is_integer; /* a number is asked for: who writes words is told so */
    char *answer;    /* text, or "SALT:HASH" in hex, or the field's name */
    char *check;     /* of LAB_ANSWER_FIELD: the check that names the packet */
    struct lab_wrong *wrong;
    size_t wrong_count;
    unsigned line;
};

struct lab_near {
    char *checks; /* ids of those that it is about, with blanks between; NULL:
                     the step as a whole */
    char *filter;
    char *message; /* {n} is the packet's number, {mqtt.topic} a field */
    unsigned line;
};

/* One check, as written; check.h makes it work. */
struct lab_check_spec {
    char *id;
    unsigned points; /* 0: a gate, the step is not complete while it fails */
    char *text;      /* "seen lab.type == ..." */
    char *title;     /* for people: what stands behind " : ", else text */
    unsigned line;
};

/* A client that the lab itself runs while its step is done. */
struct lab_actor {
    char *client_ids; /* of what it starts, with blanks between */
    char *command;    /* for sh */
};

/* A file that the lab puts into the student's folder. */
struct lab_file {
    char *name; /* plain: no '/', no '.' in front */
    char *text;
    bool demo;     /* NAME.play, a script for `mqttlab play NAME` */
    unsigned line; /* of the block in the lab's file */
};

/* A text of a translation that stands in a machine's block in the original. */
struct lab_word {
    char *key; /* "check connect", "ask q1", "wrong q1 syn", "near 2" */
    char *text;
    unsigned line;
};

struct lab_step {
    char *id;
    char *title;
    char *needs; /* id of an earlier step, or NULL */
    struct lab_block *blocks;
    size_t block_count;
    struct lab_hint *hints;
    size_t hint_count;
    struct lab_question *questions;
    size_t question_count;
    struct lab_near *near;
    size_t near_count;
    struct lab_check_spec *checks;
    size_t check_count;
    struct lab_actor *actors;
    size_t actor_count;
    struct lab_file *files; /* handed out when the step begins */
    size_t file_count;
    char *of; /* of a translation: what the original was; NULL: not said */
    struct lab_word *words;
    size_t word_count;
    char *lecturer;  /* notes for lecturers; "" when none */
    unsigned points; /* sum of its checks' */
    unsigned
        promised_points; /* what its comment says that they are; 0: nothing */
    unsigned limit_s;    /* its solution must not take longer; 0: none */
    unsigned line;
};

struct lab_param {
    char *name;
    char *rule; /* "lab/{hex4}/temp" */
    char *value;
    bool used;
};

struct lab {
    char *path;
    char *id; /* "01-plaintext" */
    char *title;
    char *version;
    char *time;   /* "45 min" */
    char *needs;  /* id of a lab to do before, or NULL */
    char *broker; /* lines of mosquitto.conf for its broker, "\n" between */
    char *config; /* or the student's file that is its configuration; NULL */
    struct lab_file *files; /* handed out when the lab begins */
    size_t file_count;
    bool is_exercise;
    struct lab_param *params;
    size_t param_count;
    struct lab_block *intro;
    size_t intro_count;
    struct lab_step *steps;
    size_t step_count;
    char *of;        /* of a translation, see lab_translate.h; NULL */
    char *end_title; /* of the page behind the last step: "What you saw" */
    struct lab_block *end;
    size_t end_count;
    unsigned points;
};

/* Problems found while loading: one line each, "file:line: what". */
struct lab_problems {
    struct buf text;
    unsigned count;
};

/*
 * Load a lab for a student (the id seeds the values; "" is a valid id).
 * Problems are appended; returns NULL when the file cannot be used at all.
 */
struct lab *lab_load(const char *path, const char *student,
                     struct lab_problems *problems);
void lab_free(struct lab *lab);

/*
 * Load a translation of a lab: headings and texts, with the values that the
 * original has. Problems are appended; NULL when the file cannot be used.
 */
struct lab *lab_load_words(const char *path, const struct lab *original,
                           struct lab_problems *problems);

/* The step of this id, or NULL. */
const struct lab_step *lab_step(const struct lab *lab, const char *id);

/* Add "path:line: message" to the problems. */
void lab_problem(struct lab_problems *problems, const char *path, unsigned line,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* ---- finding labs ---- */

/*
 * The folder that holds labs/ and exercises/: $MQTTLAB_HOME, the present one if
 * there are any in it, the source tree in which the program was built, or
 * PREFIX/share/mqttlab of an installed PREFIX/bin/mqttlab. Owned; whether the
 * first and the last are there, nobody has looked.
 */
char *lab_home(void);

/*
 * The file of a lab by number ("1", "01"), exercise number ("1.2"), id
 * ("01-plaintext") or path. Returns an owned path or NULL.
 */
char *lab_find(const char *home, const char *name);

/*
 * Likewise, but only what lies in home: for names from hand-ins, which must not
 * choose the lab that they are graded by.
 */
char *lab_find_at_home(const char *home, const char *name);

/* All labs and exercises, sorted; ends with NULL; free each and the array. */
char **lab_list(const char *home);

/* Are there any in home? */
bool lab_any(const char *home);

/* The path as a pattern of glob's that it alone matches. Owned by the
   caller. */
char *lab_quoted(const char *path);

#endif

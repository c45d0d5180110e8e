/*
 * The workspace: the folder where a student's work on one lab lives.
 *
 * $XDG_DATA_HOME/mqttlab/LAB (or ~/.local/share/mqttlab/LAB, or --dir): the
 * journal, the recordings, the student's own files. Never in the source tree.
 * One program at a time works in it.
 */
#ifndef LABS_WORKSPACE_H
#define LABS_WORKSPACE_H

#include "labs/lab.h"

#include <sys/types.h>

struct workspace {
    char *path;    /* owned; absolute, mode 0700 when it is new */
    char *student; /* owned; the student's id, "" when none is set */
    char *secret;  /* owned; of a class (labs/class_key.h), "" when of none */
    int lock_fd;
    long answers_taken; /* bytes of .answers already taken */
    pid_t broker;       /* the one that is watched, as was noted last */
};

/*
 * Open or make the workspace of a lab. dir overrides the folder, student the
 * id that was remembered (both may be NULL); a new id is remembered. Returns 0
 * or a negative errno: -EBUSY when another program works in it, -EEXIST when it
 * is another student's.
 */
int workspace_open(struct workspace *workspace, const char *lab_id,
                   const char *dir, const char *student);
void workspace_close(struct workspace *workspace);

/* Where the workspace of a lab is, without making it. Owned by the caller. */
char *workspace_path(const char *lab_id, const char *dir);

/* Labs that are begun from now on have the values of this student and this
   secret of a class. Returns 0 or a negative errno. */
int workspace_join(const char *student, const char *secret);

/*
 * Is this an id that can stand in file names and reports: 1 to 40 letters,
 * digits, ".", "_", "-" and "@", not beginning with "." or "-"?
 */
bool workspace_student_valid(const char *student);

/* What the values of the student who works in this folder come from (see
   lab_load). Owned by the caller. */
char *workspace_seed(const char *folder);

/* Is this folder, which may be any, the workspace of a lab? */
bool workspace_is(const char *folder);

/* Does a program work in this folder now? */
bool workspace_is_open(const char *folder);

/* Was anything ever done in the workspace of this lab? */
bool workspace_begun(const char *lab_id, const char *dir);

/* Move everything that is in the workspace into "backup-N/" within it; N goes
   into *number. Returns 0 or a negative errno. */
int workspace_reset(struct workspace *workspace, unsigned *number);

/*
 * The folder of the lab that is open now: the workspace that was opened last,
 * or $MQTTLAB_LAB_DIR. Owned; NULL when no program has it open.
 */
char *workspace_open_now(void);

/* Note which broker the lab watches now (0: none), for workspace_watches. */
void workspace_note_broker(struct workspace *workspace, pid_t broker);

/* Does the lab that is open in folder watch this broker? */
bool workspace_watches(const char *folder, pid_t broker);

/*
 * Leave an answer for whoever has the lab open now. Control characters become
 * blanks, and what is longer than a question's name or an answer may be is cut.
 * Returns 0 or a negative errno: -ENOENT when no program has it open.
 */
int workspace_put_answer(const char *question, const char *answer);

/*
 * Take the oldest answer that was left: "QUESTION ANSWER", owned by the
 * caller; NULL when there is none.
 */
char *workspace_take_answer(struct workspace *workspace);

#endif

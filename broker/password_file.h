/*
 * The users of a password file: lines USER:PASSWORD, the password hashed
 * (password.h). Empty lines and lines that begin with "#" are passed over.
 */
#ifndef BROKER_PASSWORD_FILE_H
#define BROKER_PASSWORD_FILE_H

#include "base/map.h"
#include "broker/config.h"
#include "broker/password.h"

struct account {
    struct password password;
    unsigned line;
    char name[]; /* with a NUL behind it */
};

struct password_file {
    char *path;
    struct map accounts;  /* struct account by name */
    struct account **all; /* owned, as they stand in the file */
    size_t count;
    uint64_t seed[2]; /* for password_file_decoy */
};

/*
 * Read a file; problems has what is wrong in it, line by line. Returns NULL
 * when there are problems. A file that others can read is a warning.
 */
struct password_file *password_file_load(const char *path,
                                         struct config_problems *problems);

/* The same from memory; name is what problems are reported under. */
struct password_file *password_file_read(const char *name, struct slice text,
                                         struct config_problems *problems);

void password_file_free(struct password_file *file);

/* NULL when there is no such user. Valid as long as the file. */
const struct account *password_file_find(const struct password_file *file,
                                         struct slice user_name);

/*
 * What to check a password against that is somebody's who is not in the file,
 * so that it takes as long as for one who is: always the same for one name.
 * NULL when there are no users at all.
 */
const struct password *password_file_decoy(const struct password_file *file,
                                           struct slice user_name);

/*
 * The same for SCRAM, which shows salt and iterations to whoever asks: decoy is
 * made up, always the same for one name.
 */
void password_file_scram_decoy(const struct password_file *file,
                               struct slice user_name, struct password *decoy);

#endif

/*
 * A class's own values, for exams.
 *
 * Usually a student's values come from a public seed: who reads this source can
 * compute everybody's. With the key of a class, which stays with the lecturer,
 * they come from a secret that only its student is given, in a sealed file, and
 * that the grader computes from key and id.
 */
#ifndef LABS_CLASS_KEY_H
#define LABS_CLASS_KEY_H

#include <stdbool.h>
#include <stddef.h>

/* A key or a secret in hex, with the NUL. */
#define CLASS_KEY_SIZE 65

/* Make a key and write it to path, which must not be there yet; mode 0600.
   Returns 0 or a negative errno. */
int class_key_new(const char *path);

/* Read a key; false with "path: what" in error. */
bool class_key_read(char key[CLASS_KEY_SIZE], const char *path, char *error,
                    size_t error_size);

/* The secret of a student of the class. */
void class_key_secret(char secret[CLASS_KEY_SIZE], const char *key,
                      const char *student);

/* What the values of a student come from (see lab_load), secret NULL or "" for
   those of nobody's class. Owned by the caller. */
char *class_key_seed(const char *student, const char *secret);

/* Write and read a sealed file: *student is owned by the caller. Like the
   above. */
int class_key_write_sealed(const char *path, const char *student,
                           const char *secret);
bool class_key_read_sealed(char **student, char secret[CLASS_KEY_SIZE],
                           const char *path, char *error, size_t error_size);

#endif

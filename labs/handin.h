/*
 * A hand-in: one tar file with everything that a student's work left.
 *
 * manifest (lab, version, student, program), journal, recordings and the
 * student's own files, all at the top of the archive. Unpacking trusts
 * nothing: only regular files with plain names, bounded in number and size.
 * Packing keeps to the same bounds, so that what was packed can be graded.
 */
#ifndef LABS_HANDIN_H
#define LABS_HANDIN_H

#include <stddef.h>

struct lab;
struct workspace;

/* What a hand-in may hold in all, unpacked. */
#define HANDIN_MAX_BYTES (256u << 20)
#define HANDIN_MAX_FILES 500

/*
 * Pack the workspace of a lab into path (mode 0600; what is there is replaced,
 * but only by a whole one). Returns 0 or a negative errno with a message in
 * error.
 */
int handin_pack(const char *path, const struct lab *lab,
                const struct workspace *workspace, char *error,
                size_t error_size);

/*
 * Open a hand-in to unpack it. Returns a descriptor or a negative errno; *wrong
 * says what is wrong with the file ("is no regular file"), or is NULL. It is
 * never freed.
 */
int handin_open(const char *path, const char **wrong);

/*
 * Unpack into folder, which exists and is empty. Returns 0 or a negative errno;
 * *wrong as before ("is too large"). Closes fd.
 */
int handin_unpack(int fd, const char *folder, const char **wrong);

/*
 * The value of a key of the manifest ("lab", "version", "student") in an
 * unpacked folder. Owned by the caller; NULL when it is missing.
 */
char *handin_manifest(const char *folder, const char *key);

/* Remove what was unpacked, and the folder. */
void handin_remove(const char *folder);

#endif

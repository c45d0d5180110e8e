/*
 * A file of pre-shared keys: lines "IDENTITY:KEY", the key in hexadecimal.
 */
#ifndef BROKER_PSK_FILE_H
#define BROKER_PSK_FILE_H

#include "broker/config.h"

#include <stddef.h>
#include <stdint.h>

struct psk_file;

/*
 * Read one. Returns NULL when anything is wrong, which was reported with the
 * line; keys are never repeated.
 */
struct psk_file *psk_file_load(const char *path,
                               struct config_problems *problems);

/* Wipes the keys. NULL does nothing. */
void psk_file_free(struct psk_file *file);

/* Copy the key of an identity (at most TLS_PSK_MAX_BYTES). Returns its length,
   0 when there is no such identity. */
size_t psk_file_find(const struct psk_file *file, const char *identity,
                     uint8_t *key);

#endif

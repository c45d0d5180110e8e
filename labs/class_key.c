#include "labs/class_key.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/whole_file.h"
#include "labs/workspace.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES 32

static void put_hex(char out[CLASS_KEY_SIZE], const unsigned char *bytes)
{
    for (size_t i = 0; i < KEY_BYTES; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static bool is_hex(const char *text)
{
    return strlen(text) == CLASS_KEY_SIZE - 1 &&
           strspn(text, "0123456789abcdef") == CLASS_KEY_SIZE - 1;
}

int class_key_new(const char *path)
{
    unsigned char bytes[KEY_BYTES];
    char key[CLASS_KEY_SIZE];

    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        return -EIO;
    put_hex(key, bytes);
    char *text = alloc_printf("mqttlab-class %s\n", key);
    int result =
        whole_file_store(path, slice_of_string(text), 0600, WHOLE_FILE_NEW);
    free(text);
    return result;
}

/* The only line of a file: a word that says what it is, and what follows. Empty
   with a message in error. Owned. */
static char *read_words(const char *path, const char *kind, char *error,
                        size_t error_size)
{
    char line[200] = "";
    size_t len = strlen(kind);
    FILE *file = fopen(path, "re");

    if (!file) {
        snprintf(error, error_size, "%s: %s", path, strerror(errno));
        return alloc_string("");
    }
    if (!fgets(line, sizeof(line), file))
        line[0] = '\0';
    fclose(file);
    line[strcspn(line, "\r\n")] = '\0';
    if (!strncmp(line, kind, len) && line[len] == ' ')
        return alloc_string(line + len + 1);
    snprintf(error, error_size, "%s: this is no %s file", path, kind);
    return alloc_string("");
}

bool class_key_read(char key[CLASS_KEY_SIZE], const char *path, char *error,
                    size_t error_size)
{
    char *words = read_words(path, "mqttlab-class", error, error_size);
    bool good = is_hex(words);

    if (good)
        snprintf(key, CLASS_KEY_SIZE, "%s", words);
    else if (*words)
        snprintf(error, error_size, "%s: the key in it is damaged", path);
    free(words);
    return good;
}

void class_key_secret(char secret[CLASS_KEY_SIZE], const char *key,
                      const char *student)
{
    unsigned char bytes[KEY_BYTES];
    size_t len;

    if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, strlen(key),
                   (const unsigned char *)student, strlen(student), bytes,
                   sizeof(bytes), &len))
        abort();
    put_hex(secret, bytes);
}

char *class_key_seed(const char *student, const char *secret)
{
    /* No id has a blank in it, so this is the seed of nobody else. */
    return secret && *secret ? alloc_printf("%s %s", student, secret)
                             : alloc_string(student);
}

int class_key_write_sealed(const char *path, const char *student,
                           const char *secret)
{
    char *text = alloc_printf("mqttlab-sealed %s %s\n", student, secret);
    int result =
        whole_file_store(path, slice_of_string(text), 0600, WHOLE_FILE_NEW);

    free(text);
    return result;
}

bool class_key_read_sealed(char **student, char secret[CLASS_KEY_SIZE],
                           const char *path, char *error, size_t error_size)
{
    char *words = read_words(path, "mqttlab-sealed", error, error_size);
    size_t len = strcspn(words, " ");
    const char *rest = words[len] ? words + len + 1 : "";

    *student = alloc_string_of(words, len);
    bool good = workspace_student_valid(*student) && is_hex(rest);
    if (good)
        snprintf(secret, CLASS_KEY_SIZE, "%s", rest);
    else if (*words)
        snprintf(error, error_size, "%s: what is in it is damaged", path);
    free(words);
    return good;
}

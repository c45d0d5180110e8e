#include "labs/check_cert.h"

#include "base/alloc.h"
#include "labs/lab_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NS_PER_S UINT64_C(1000000000)

/* ---- what is wanted ---- */

/* Cut the first word off *text; NULL when there is none. */
static char *take_word(char **text)
{
    char *word = *text + strspn(*text, " ");
    char *end = word + strcspn(word, " ");

    *text = *end ? end + 1 : end;
    *end = '\0';
    return *word ? word : NULL;
}

static bool set_use(struct cert_wish *wish, const char *value)
{
    static const struct {
        const char *name;
        enum cert_use use;
    } uses[] = {
        {"server",    CERT_SERVER   },
        {"client",    CERT_CLIENT   },
        {"authority", CERT_AUTHORITY},
    };

    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        if (strcmp(value, uses[i].name) != 0)
            continue;
        wish->has_use = true;
        wish->use = uses[i].use;
        return true;
    }
    return false;
}

/* Where the value behind a word goes; NULL: no such word. */
static const char **place_of(struct cert_wish *wish, const char *word)
{
    const struct {
        const char *word;
        const char **place;
    } places[] = {
        {"cn",      &wish->common_name},
        {"san",     &wish->san        },
        {"issuer",  &wish->issuer     },
        {"key",     &wish->key        },
        {"trusted", &wish->trusted    },
        {"crl",     &wish->crl        },
        {"revoked", &wish->revoked    },
    };

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (!strcmp(word, places[i].word))
            return places[i].place;
    }
    return NULL;
}

/* One word, and what stands behind it. False when it is not understood. */
static bool take_wish(struct cert_wish *wish, const char *word, char **rest)
{
    const char **place = place_of(wish, word);

    if (!strcmp(word, "not-expired")) {
        wish->not_expired = true;
        return true;
    }
    const char *value = take_word(rest);
    if (!value)
        return false;
    if (!strcmp(word, "for"))
        return set_use(wish, value);
    if (place)
        *place = value;
    return place != NULL;
}

static bool names_a_folder(const struct check_cert *cert)
{
    const char *names[CHECK_CERT_FILES];
    unsigned count = check_cert_files(cert, names);

    for (unsigned i = 0; i < count; i++) {
        if (strchr(names[i], '/'))
            return true;
    }
    return false;
}

bool check_cert_parse(struct check_cert *cert, const char *text, char *error,
                      size_t error_size)
{
    const char *word;

    *cert = (struct check_cert){.text = alloc_string(text)};
    char *rest = cert->text;
    cert->wish.file = take_word(&rest);
    if (!cert->wish.file) {
        snprintf(error, error_size, "expected 'cert FILE ...'");
        return false;
    }
    while ((word = take_word(&rest))) {
        if (take_wish(&cert->wish, word, &rest))
            continue;
        snprintf(error, error_size,
                 "behind 'cert FILE' stand cn NAME, san NAME, issuer FILE, key "
                 "FILE, trusted FILE, crl FILE, revoked FILE, for server (or "
                 "client, authority) and not-expired, not: %s",
                 word);
        return false;
    }
    if (names_a_folder(cert)) {
        snprintf(error, error_size, "a file's name has no '/'");
        return false;
    }
    if (!cert->wish.crl || cert->wish.trusted)
        return true;
    snprintf(error, error_size, "crl FILE goes with trusted FILE");
    return false;
}

void check_cert_release(struct check_cert *cert)
{
    free(cert->text);
    free(cert->why);
    *cert = (struct check_cert){0};
}

/* ---- how it is ---- */

static void mix(uint64_t *state, uint64_t number)
{
    *state = (*state ^ number) * UINT64_C(0x100000001b3);
}

static void mix_file(uint64_t *state, const char *folder, const char *name)
{
    struct stat info;
    char *path = name ? alloc_printf("%s/%s", folder, name) : NULL;

    if (path && lstat(path, &info) == 0) {
        mix(state, info.st_ino);
        mix(state, (uint64_t)info.st_size);
        mix(state, (uint64_t)info.st_mtim.tv_sec);
        mix(state, (uint64_t)info.st_mtim.tv_nsec);
    }
    mix(state, 1);
    free(path);
}

/* A number that changes when a file does. */
static uint64_t state_of(const struct cert_wish *wish, const char *folder)
{
    uint64_t state = UINT64_C(0xcbf29ce484222325);

    mix_file(&state, folder, wish->file);
    mix_file(&state, folder, wish->issuer);
    mix_file(&state, folder, wish->key);
    mix_file(&state, folder, wish->trusted);
    mix_file(&state, folder, wish->crl);
    mix_file(&state, folder, wish->revoked);
    return state ? state : 1;
}

/* A file that is not asked for is not missing. */
static bool is_there(const char *folder, const char *name)
{
    if (!name)
        return true;
    char *path = alloc_printf("%s/%s", folder, name);
    struct stat info;
    bool there = lstat(path, &info) == 0;

    free(path);
    return there;
}

bool check_cert_look(struct check_cert *cert, const char *folder,
                     uint64_t time_ns)
{
    uint64_t state = state_of(&cert->wish, folder);
    struct buf why = {0};

    if (state == cert->state)
        return false;
    cert->state = state;
    cert->wish.folder = folder;
    cert->wish.now = (time_t)(time_ns / NS_PER_S);
    cert->good = cert_judge(&cert->wish, &why);
    /* Lists come later than what they are about: until then nothing is
       wrong. */
    cert->there = is_there(folder, cert->wish.file) &&
                  is_there(folder, cert->wish.crl) &&
                  is_there(folder, cert->wish.revoked);
    free(cert->why);
    cert->why = buf_take_string(&why);
    return true;
}

unsigned check_cert_files(const struct check_cert *cert,
                          const char *names[CHECK_CERT_FILES])
{
    const struct cert_wish *wish = &cert->wish;
    const char *const files[] = {wish->file,    wish->issuer, wish->key,
                                 wish->trusted, wish->crl,    wish->revoked};
    unsigned count = 0;

    for (size_t i = 0; i < CHECK_CERT_FILES; i++) {
        if (files[i])
            names[count++] = files[i];
    }
    return count;
}

void check_cert_compare(struct check_cert *cert, const struct lab *lab,
                        const char *folder)
{
    const char *names[CHECK_CERT_FILES];
    unsigned count = check_cert_files(cert, names);

    cert->untouched = true;
    for (unsigned i = 0; i < count; i++)
        cert->untouched =
            cert->untouched && lab_files_untouched(lab, folder, names[i]);
}

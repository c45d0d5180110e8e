#include "broker/password_file.h"

#include "base/alloc.h"
#include "broker/text_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void add_account(struct password_file *file, struct slice name,
                        unsigned line, const struct password *password)
{
    struct account *account =
        alloc_bytes(offsetof(struct account, name) + name.len + 1);

    account->password = *password;
    account->line = line;
    memcpy(account->name, name.bytes, name.len);
    account->name[name.len] = '\0';
    file->all = alloc_resize(file->all, file->count + 1, sizeof(*file->all));
    file->all[file->count++] = account;
    map_set(&file->accounts, slice_of(account->name, name.len), account);
}

/* Returns what is wrong, or NULL. */
static const char *read_line(struct password_file *file, struct slice line,
                             unsigned number)
{
    const uint8_t *colon = memchr(line.bytes, ':', line.len);
    struct password password;

    if (!colon)
        return "this is not USER:PASSWORD; mqttlab passwd writes such lines";
    if (colon == line.bytes)
        return "there is no user name in front of the colon";
    struct slice name = slice_first(line, (size_t)(colon - line.bytes));
    if (memchr(name.bytes, '\0', name.len))
        return "there is a NUL byte in the user name";
    if (map_get(&file->accounts, name))
        return "this user stands in the file before; remove one of the lines";
    const char *wrong =
        password_parse(&password, slice_skip(line, name.len + 1));
    if (!wrong)
        add_account(file, name, number, &password);
    return wrong;
}

struct password_file *password_file_read(const char *name, struct slice text,
                                         struct config_problems *problems)
{
    struct password_file *file = alloc_zero(1, sizeof(*file));
    unsigned before = problems->count;
    struct slice line;

    file->path = alloc_string(name);
    map_random_seed(file->seed);
    for (unsigned number = 1; text_file_next_line(&text, &line); number++) {
        if (!line.len || line.bytes[0] == '#')
            continue;
        const char *wrong = read_line(file, line, number);
        if (!wrong)
            continue;
        char *where = alloc_printf("%s:%u", name, number);
        config_problem(problems, where, "%s", wrong);
        free(where);
    }
    if (problems->count == before)
        return file;
    password_file_free(file);
    return NULL;
}

static void warn_of_readers(const char *path, struct config_problems *problems)
{
    struct stat info;

    if (stat(path, &info) == 0 && S_ISREG(info.st_mode) &&
        (info.st_mode & S_IROTH))
        config_warning(problems, path,
                       "everybody on this machine can read the password "
                       "hashes; chmod o-rwx '%s'",
                       path);
}

struct password_file *password_file_load(const char *path,
                                         struct config_problems *problems)
{
    struct password_file *file = NULL;
    struct buf text = {0};
    int error = text_file_load(path, &text);

    if (error == -ENOENT)
        config_problem(problems, path,
                       "cannot be read: %s; mqttlab passwd -c '%s' USER makes "
                       "a password file",
                       strerror(ENOENT), path);
    else if (error)
        config_unreadable(problems, path, -error);
    else
        file = password_file_read(path, buf_slice(&text), problems);
    buf_release(&text);
    if (file)
        warn_of_readers(path, problems);
    return file;
}

void password_file_free(struct password_file *file)
{
    if (!file)
        return;
    map_release(&file->accounts);
    for (size_t i = 0; i < file->count; i++)
        free(file->all[i]);
    free(file->all);
    free(file->path);
    free(file);
}

const struct account *password_file_find(const struct password_file *file,
                                         struct slice user_name)
{
    return map_get(&file->accounts, user_name);
}

const struct password *password_file_decoy(const struct password_file *file,
                                           struct slice user_name)
{
    if (!file->count)
        return NULL;
    return &file->all[map_hash(file->seed, user_name) % file->count]->password;
}

/* What the first such user of the file has; a salt must look as theirs do. */
static const struct password *scram_example(const struct password_file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        if (file->all[i]->password.hash == PASSWORD_SCRAM_SHA256)
            return &file->all[i]->password;
    }
    return NULL;
}

void password_file_scram_decoy(const struct password_file *file,
                               struct slice user_name, struct password *decoy)
{
    const struct password *like = scram_example(file);
    uint64_t hash = map_hash(file->seed, user_name);

    *decoy = (struct password){
        .hash = PASSWORD_SCRAM_SHA256,
        .iterations = like ? like->iterations : PASSWORD_SCRAM_ITERATIONS,
        .salt_len = like ? like->salt_len : PASSWORD_NEW_SALT_BYTES,
    };
    for (size_t i = 0; i < decoy->salt_len; i += sizeof(hash)) {
        size_t left = decoy->salt_len - i;

        memcpy(decoy->salt + i, &hash,
               left < sizeof(hash) ? left : sizeof(hash));
        hash = map_hash(file->seed, slice_of(&hash, sizeof(hash)));
    }
    memset(decoy->key, 0xff, PASSWORD_SCRAM_BYTES); /* nobody's */
}

#include "certs/cert_output.h"

#include "base/alloc.h"
#include "certs/cert_file.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct buf *cert_output_add(struct cert_output *output, char *path, mode_t mode,
                            char *text)
{
    assert(output->count < CERT_OUTPUT_MAX);
    struct cert_output_file *file = &output->files[output->count++];
    file->path = path;
    file->text = text;
    file->mode = mode;
    file->replaces = false;
    file->content = (struct buf){0};
    return &file->content;
}

struct buf *cert_output_update(struct cert_output *output, char *path,
                               mode_t mode)
{
    struct buf *content = cert_output_add(output, path, mode, NULL);

    output->files[output->count - 1].replaces = true;
    return content;
}

/* Is it there, with the same content? */
static bool is_same(const struct cert_output_file *file)
{
    struct buf old = {0};
    struct buf why = {0};
    bool same = cert_file_load(file->path, &old, &why) &&
                slice_equal(buf_slice(&old), buf_slice(&file->content));

    cert_file_forget(&old);
    buf_release(&why);
    return same;
}

static bool check_new(const struct cert_output *output, struct buf *why)
{
    for (size_t i = 0; i < output->count; i++) {
        const struct cert_output_file *file = &output->files[i];
        struct stat status;

        if (!file->replaces && lstat(file->path, &status) == 0 &&
            !is_same(file)) {
            buf_printf(why, "%s is there already; --force overwrites it",
                       file->path);
            return false;
        }
    }
    return true;
}

static bool make_folders(const char *path, struct buf *why)
{
    char *folder = alloc_string(path);
    bool good = true;

    for (char *at = folder + 1; good && *folder && *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        good = mkdir(folder, 0777) == 0 || errno == EEXIST;
        if (!good)
            buf_printf(why, "the folder %s cannot be made: %s", folder,
                       strerror(errno));
        *at = '/';
    }
    free(folder);
    return good;
}

/* Write each beside its place. */
static bool prepare_all(const struct cert_output *output,
                        struct whole_file prepared[CERT_OUTPUT_MAX],
                        struct buf *why)
{
    for (size_t i = 0; i < output->count; i++) {
        const struct cert_output_file *file = &output->files[i];

        if (!make_folders(file->path, why) ||
            !cert_file_prepare(&prepared[i], file->path,
                               buf_slice(&file->content), file->mode, why))
            return false;
    }
    return true;
}

/* Put each into its place, which has next to no reason to fail. */
static bool place_all(const struct cert_output *output,
                      struct whole_file prepared[CERT_OUTPUT_MAX],
                      struct buf *why)
{
    for (size_t i = 0; i < output->count; i++) {
        if (cert_file_place(&prepared[i], output->files[i].path, why))
            continue;
        if (i)
            buf_printf(why, "; %s was written before it",
                       output->files[0].path);
        return false;
    }
    return true;
}

static void tell(const struct cert_output *output, struct buf *told)
{
    int width = 0;

    for (size_t i = 0; i < output->count; i++) {
        int len = (int)strlen(output->files[i].path);

        width = output->files[i].text && len > width ? len : width;
    }
    for (size_t i = 0; i < output->count; i++) {
        const struct cert_output_file *file = &output->files[i];

        if (file->text)
            buf_printf(told, "%-*s  %s\n", width, file->path, file->text);
    }
}

bool cert_output_store(const struct cert_output *output, bool force,
                       struct buf *told, struct buf *why)
{
    struct whole_file prepared[CERT_OUTPUT_MAX] = {{0}};

    if (!force && !check_new(output, why))
        return false;
    bool good =
        prepare_all(output, prepared, why) && place_all(output, prepared, why);
    for (size_t i = 0; i < output->count; i++)
        whole_file_discard(&prepared[i]);
    if (good)
        tell(output, told);
    return good;
}

void cert_output_release(struct cert_output *output)
{
    for (size_t i = 0; i < output->count; i++) {
        free(output->files[i].path);
        free(output->files[i].text);
        cert_file_forget(&output->files[i].content);
    }
    *output = (struct cert_output){0};
}

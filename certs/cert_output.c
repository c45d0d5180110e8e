#include "certs/cert_output.h"

#include "base/alloc.h"
#include "certs/cert_file.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct buf *cert_output_add(struct cert_output *output, char *path, mode_t mode,
                            char *text)
{
    assert(output->count < CERT_OUTPUT_MAX);
    struct cert_output_file *file = &output->files[output->count++];
    file->path = path;
    file->text = text;
    file->mode = mode;
    file->content = (struct buf){0};
    return &file->content;
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

        if (lstat(file->path, &status) == 0 && !is_same(file)) {
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

bool cert_output_store(const struct cert_output *output, bool force,
                       struct buf *told, struct buf *why)
{
    int width = 0;

    if (!force && !check_new(output, why))
        return false;
    for (size_t i = 0; i < output->count; i++) {
        int len = (int)strlen(output->files[i].path);

        width = output->files[i].text && len > width ? len : width;
    }
    for (size_t i = 0; i < output->count; i++) {
        const struct cert_output_file *file = &output->files[i];

        if (!make_folders(file->path, why) ||
            !cert_file_store(file->path, buf_slice(&file->content), file->mode,
                             why))
            return false;
        if (file->text)
            buf_printf(told, "%-*s  %s\n", width, file->path, file->text);
    }
    return true;
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

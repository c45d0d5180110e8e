#include "broker/text_file.h"

#include "base/whole_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

int text_file_load(const char *path, struct buf *text)
{
    struct stat status;

    if (stat(path, &status) == 0 && S_ISFIFO(status.st_mode))
        return -EINVAL;
    return whole_file_load(path, TEXT_FILE_MAX_BYTES, text);
}

int text_file_replace(const char *path, struct slice text)
{
    return whole_file_store(path, text, 0600, WHOLE_FILE_KEEP_READERS);
}

bool text_file_next_line(struct slice *rest, struct slice *line)
{
    if (!rest->len)
        return false;
    const uint8_t *end = memchr(rest->bytes, '\n', rest->len);
    size_t len = end ? (size_t)(end - rest->bytes) : rest->len;

    *line = slice_first(*rest, len);
    *rest = slice_skip(*rest, end ? len + 1 : len);
    while (line->len && line->bytes[line->len - 1] == '\r')
        line->len--;
    return true;
}

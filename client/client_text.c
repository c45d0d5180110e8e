#include "client/client_text.h"

#include "base/log.h"
#include "mqtt/utf8.h"

#include <string.h>

/* The length of the character that text begins with; negative when it is better
   not shown as it is: a control character, or a byte that is not UTF-8. */
static int character(const char *text)
{
    size_t bytes = log_control_bytes(text);
    uint32_t code_point;

    if (bytes > 0)
        return -(int)bytes;
    int len = utf8_decode(slice_of_string(text), &code_point);
    return len ? len : -1;
}

void client_text_print(FILE *to, const char *text)
{
    size_t len = strlen(text);

    while (len > 0 && text[len - 1] == '\n')
        len--;
    for (const char *end = text + len; text < end;) {
        int bytes = character(text);

        if (bytes > 0)
            fwrite(text, 1, (size_t)bytes, to);
        for (int i = 0; i < -bytes; i++)
            fprintf(to, "\\x%02x", (unsigned)(unsigned char)text[i]);
        text += bytes > 0 ? bytes : -bytes;
    }
    fputs(text, to);
}

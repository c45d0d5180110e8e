#include "base/command_break.h"

size_t command_break(const char *text, size_t fit)
{
    size_t blank = 0;
    size_t option = 0;
    char quote = '\0';

    for (size_t i = 0; i <= fit && text[i]; i++) {
        if (quote ? text[i] == quote : text[i] == '"' || text[i] == '\'')
            quote = quote ? '\0' : text[i];
        else if (text[i] == ' ' && !quote)
            blank = i;
        if (blank == i && text[i + 1] == '-')
            option = blank;
    }
    return option > fit / 2 ? option : blank;
}

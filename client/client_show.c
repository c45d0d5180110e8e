#include "client/client_show.h"

#include "base/clock.h"

#include <stdio.h>

void client_show_release(struct client_show *show)
{
    output_release(&show->output);
    buf_release(&show->line);
}

bool client_show_take(struct client_show *show, struct client_options *options,
                      int id, const char *value)
{
    switch ((enum client_show_option)id) {
    case OPTION_VERBOSE: show->output.verbose = true; break;
    case OPTION_FORMAT:
        return output_set_format(&show->output, value, options->error,
                                 sizeof(options->error));
    case OPTION_NO_EOL: show->output.no_eol = true; break;
    case OPTION_PRETTY: show->output.pretty = true; break;
    case OPTION_NO_RETAINED: show->no_retained = true; break;
    case OPTION_TIMEOUT:
        return client_options_positive(options, "timeout", value,
                                       &show->timeout_s);
    case OPTION_SHOW_END: break;
    }
    return true;
}

void client_show_message(struct client_show *show, struct client_run *run,
                         const struct mqtt_publish *message)
{
    struct buf *line = &show->line;

    if (show->no_retained && message->retain)
        return;
    buf_clear(line);
    if (!output_message(&show->output, message, clock_read_wall_ns(), line))
        client_run_error(
            run,
            "Error: Message payload is not valid JSON on topic " SLICE_FMT ".",
            SLICE_ARGS(message->topic));
    if (line->len)
        fwrite(line->bytes, 1, line->len, stdout);
    client_run_wrote(run);
}

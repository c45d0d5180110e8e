#include "labs/lab_saw.h"

#include "labs/lab_text.h"
#include "wire/render.h"

#include <string.h>

/* The packet of this number, as one line. */
static void append_packet(struct buf *out, const struct lab_run *run,
                          uint64_t number, size_t width)
{
    struct history_row row;
    struct buf line = {0};

    if (!history_get(run->history, history_find_number(run->history, number),
                     &row))
        return;
    render_line(&line, &row);
    if (line.len > width - 4)
        line.len = (uint32_t)(width - 4);
    /* Not through the middle of a character. */
    while (line.len && (line.bytes[line.len - 1] & 0xc0) == 0x80)
        line.len--;
    if (line.len && line.bytes[line.len - 1] >= 0xc0)
        line.len--;
    buf_printf(out, "    %s\n", buf_string(&line));
    buf_release(&line);
}

static void append_step(struct buf *out, const struct lab_run *run,
                        const struct lab_run_step *step, size_t width)
{
    bool begun = false;

    for (size_t i = 0; i < step->step->check_count; i++) {
        const struct check_status *status = check_status(step->checks[i]);

        if (status->result != CHECK_PASSED || !status->evidence_count)
            continue;
        if (!begun) {
            lab_text_title(out, run, step);
            begun = true;
        }
        lab_text_wrap(out, step->step->checks[i].title, width, "  ", "  ");
        for (unsigned e = 0; e < status->evidence_count; e++)
            append_packet(out, run, status->evidence[e], width);
    }
    if (begun)
        buf_append_u8(out, '\n');
}

void lab_saw_text(struct buf *out, const struct lab_run *run, size_t width)
{
    buf_printf(out, "%s\n\n", run->lab->end_title);
    lab_text_blocks(out, run->lab->end, run->lab->end_count, width);
    for (size_t i = 0; i < run->lab->step_count; i++)
        append_step(out, run, &run->steps[i], width);
}

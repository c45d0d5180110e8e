#include "labs/lab_saw.h"

#include "labs/lab_lost.h"
#include "labs/lab_text.h"
#include "wire/render.h"

#include <stdlib.h>
#include <string.h>

#define INDENT "    " /* LAB_SAW_INDENT blanks */
_Static_assert(sizeof(INDENT) == LAB_SAW_INDENT + 1, "they are as many");

/* A line without the blanks that only keep columns. Owned. */
static char *squeezed(const char *line)
{
    struct buf plain = {0};

    for (line += strspn(line, " "); *line; line++) {
        if (line[0] != ' ' || line[1] != ' ')
            buf_append_u8(&plain, (uint8_t)*line);
    }
    return buf_take_string(&plain);
}

/* The packet of this number, under the number that the dashboard shows beside
   it; one of an earlier sitting is not there. */
static void append_packet(struct buf *out, const struct lab_run *run,
                          uint64_t number, size_t width)
{
    struct history_row row;
    struct buf line = {0};

    if (!history_get(run->history, history_find_number(run->history, number),
                     &row))
        return;
    uint64_t shown = lab_run_shown(run, number);
    if (shown)
        row.number = shown;
    render_line(&line, &row);
    char *text = squeezed(buf_string(&line));
    lab_text_wrap(out, text, width,
                  shown ? INDENT : INDENT "before: ", INDENT "    ");
    free(text);
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

void lab_saw_packets(struct buf *out, const struct lab_run *run, size_t width)
{
    char *lost = lab_lost_all(run);

    if (lost) {
        lab_text_wrap(out, lost, width, "", "");
        buf_append_u8(out, '\n');
        free(lost);
    }
    uint32_t before = out->len;
    for (size_t i = 0; i < run->lab->step_count; i++)
        append_step(out, run, &run->steps[i], width);
    if (out->len == before)
        buf_append_string(out, "No packet of yours has proved anything.\n");
}

void lab_saw_text(struct buf *out, const struct lab_run *run, size_t width)
{
    buf_printf(out, "%s\n\n", run->lab->end_title);
    lab_text_blocks(out, run->lab->end, run->lab->end_count, width);
    lab_saw_packets(out, run, width);
}

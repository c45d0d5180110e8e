#include "labs/lab_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/command_break.h"
#include "labs/lab_score.h"

/* Columns of a word: its code points. */
static size_t columns(const char *text, size_t len)
{
    size_t count = 0;

    for (size_t i = 0; i < len; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

/* Text without the `ticks` around code; one that nothing closes stays.
   Owned. */
static char *without_ticks(const char *text)
{
    struct buf plain = {0};
    bool code = false;

    for (; *text; text++) {
        if (*text == '`' && (code || strchr(text + 1, '`')))
            code = !code;
        else
            buf_append_u8(&plain, (uint8_t)*text);
    }
    return buf_take_string(&plain);
}

static void wrap(struct buf *out, const char *text, size_t width,
                 const char *first, const char *rest)
{
    size_t column = columns(first, strlen(first));
    bool empty = true;

    buf_append_string(out, first);
    while (*text) {
        size_t len = strcspn(text, " \n");
        size_t need = columns(text, len);

        if (len && !empty && column + 1 + need > width) {
            buf_append_u8(out, '\n');
            buf_append_string(out, rest);
            column = columns(rest, strlen(rest));
            empty = true;
        }
        if (len && !empty) {
            buf_append_u8(out, ' ');
            column++;
        }
        buf_append(out, text, len);
        column += need;
        empty = empty && !len;
        text += len;
        text += strspn(text, " \n");
    }
    buf_append_u8(out, '\n');
}

void lab_text_wrap(struct buf *out, const char *text, size_t width,
                   const char *first, const char *rest)
{
    char *plain = without_ticks(text);

    wrap(out, plain, width, first, rest);
    free(plain);
}

/* Each line as it stands, with a sign in front. */
static void append_lines(struct buf *out, const char *text, const char *sign)
{
    while (*text) {
        size_t len = strcspn(text, "\n");

        buf_append_string(out, sign);
        buf_append(out, text, len);
        buf_append_u8(out, '\n');
        text += text[len] ? len + 1 : len;
    }
}

/* A command with a sign in front; where it is broken a "\\" tells the shell
   that it goes on, so that it can be copied. */
static void append_command(struct buf *out, const char *text, size_t len,
                           size_t width)
{
    const char *sign = "  $ ";
    char *line = alloc_string_of(text, len);
    const char *at = line;

    while (strlen(sign) + strlen(at) > width && width > 8) {
        size_t blank = command_break(at, width - 2 - strlen(sign));

        if (!blank)
            break;
        buf_printf(out, "%s%.*s \\\n", sign, (int)blank, at);
        at += blank + 1;
        sign = "      ";
    }
    buf_printf(out, "%s%s\n", sign, at);
    free(line);
}

static void append_commands(struct buf *out, const char *text, size_t width)
{
    while (*text) {
        size_t len = strcspn(text, "\n");

        append_command(out, text, len, width);
        text += text[len] ? len + 1 : len;
    }
}

/* ---- tables ---- */

#define MAX_CELLS 8

static size_t cell_len(const char *row)
{
    const char *bar = strstr(row, " | ");
    size_t line = strcspn(row, "\n");

    return bar && (size_t)(bar - row) < line ? (size_t)(bar - row) : line;
}

static void measure(const char *text, size_t widths[MAX_CELLS])
{
    size_t cell = 0;

    while (*text) {
        size_t len = cell_len(text);
        size_t wide = columns(text, len);

        if (cell < MAX_CELLS && wide > widths[cell])
            widths[cell] = wide;
        text += len;
        if (*text == ' ') {
            text += 3;
            cell++;
        } else if (*text) {
            text++;
            cell = 0;
        }
    }
}

/* Returns the column in which the last cells begin. */
static unsigned append_table(struct buf *out, const char *text,
                             const char *indent)
{
    size_t widths[MAX_CELLS] = {0};
    size_t cell = 0;
    size_t last_cell = 0;
    unsigned column = 0;

    measure(text, widths);
    buf_append_string(out, indent);
    while (*text) {
        size_t len = cell_len(text);

        buf_append(out, text, len);
        bool last = text[len] != ' ';
        for (size_t i = columns(text, len);
             !last && cell < MAX_CELLS && i < widths[cell] + 2; i++)
            buf_append_u8(out, ' ');
        text += len;
        if (!last) {
            text += 3;
            last_cell = ++cell > last_cell ? cell : last_cell;
        } else if (*text) {
            buf_append_u8(out, '\n');
            buf_append_string(out, indent);
            text++;
            cell = 0;
        }
    }
    buf_append_u8(out, '\n');
    for (size_t i = 0; i < last_cell && i < MAX_CELLS; i++)
        column += (unsigned)widths[i] + 2;
    return column;
}

static unsigned append_plain_table(struct buf *out, const char *text,
                                   const char *indent)
{
    char *plain = without_ticks(text);
    unsigned column = append_table(out, plain, indent);

    free(plain);
    return column;
}

unsigned lab_text_table(struct buf *out, const char *text)
{
    return append_plain_table(out, text, "");
}

/* Bytes of "- " or "12. " at the start; 0 where an item goes on after a
   paragraph of its own. */
static size_t sign_len(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    if (!strncmp(text, "- ", 2))
        return 2;
    return digits && !strncmp(text + digits, ". ", 2) ? digits + 2 : 0;
}

/* Lists deeper than this stand no further in. */
#define MAX_DEPTH 8

static void append_item(struct buf *out, const struct lab_block *item,
                        size_t width)
{
    unsigned depth = item->depth < MAX_DEPTH ? item->depth : MAX_DEPTH;
    int indent = 2 * (int)(depth ? depth : 1);
    int sign = (int)sign_len(item->text);
    char first[48];
    char rest[48];

    snprintf(first, sizeof(first), "%*s%.*s", indent, "", sign, item->text);
    snprintf(rest, sizeof(rest), "%*s", indent + (sign ? sign : 2), "");
    lab_text_wrap(out, item->text + sign, width, sign ? first : rest, rest);
}

void lab_text_blocks(struct buf *out, const struct lab_block *blocks,
                     size_t count, size_t width)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = blocks[i].text;
        bool item = blocks[i].kind == LAB_ITEM;
        bool list_goes_on =
            item && i + 1 < count && blocks[i + 1].kind == LAB_ITEM;

        switch (blocks[i].kind) {
        case LAB_PARAGRAPH: lab_text_wrap(out, text, width, "", ""); break;
        case LAB_QUOTE: lab_text_wrap(out, text, width, "  | ", "  | "); break;
        case LAB_ITEM: append_item(out, &blocks[i], width); break;
        case LAB_COMMAND: append_commands(out, text, width); break;
        case LAB_CODE:
            if (blocks[i].name)
                buf_printf(out, "%s:\n", blocks[i].name);
            append_lines(out, text, "    ");
            break;
        case LAB_TABLE: append_plain_table(out, text, "  "); break;
        }
        if (!list_goes_on)
            buf_append_u8(out, '\n');
    }
}

/* ---- marks ---- */

static char sign(enum check_result result)
{
    switch (result) {
    case CHECK_PASSED:
    case CHECK_UNMARKED: return 'x';
    case CHECK_FAILED: return '!';
    case CHECK_UNDECIDED: return '?';
    case CHECK_WAITING:
    case CHECK_SKIPPED: return ' ';
    }
    return ' ';
}

static void append_evidence(struct buf *out, const struct check_status *status)
{
    for (unsigned i = 0; i < status->evidence_count; i++)
        buf_printf(out, "%s%llu",
                   i                            ? ", "
                   : status->evidence_count > 1 ? " (packets "
                                                : " (packet ",
                   (unsigned long long)status->evidence[i]);
    if (status->evidence_count)
        buf_append_string(out, ")");
}

void lab_text_check(struct buf *out, const struct lab_run_step *step, size_t i,
                    size_t width)
{
    const struct lab_check_spec *spec = &step->step->checks[i];
    const struct check_status *status = check_status(step->checks[i]);
    char first[32];

    bool so_far = lab_score_so_far(step, i);

    if (spec->points)
        snprintf(first, sizeof(first), "[%c] %u ",
                 so_far ? ' ' : sign(status->result), spec->points);
    else
        snprintf(first, sizeof(first), "[%c] ",
                 so_far ? ' ' : sign(status->result));
    struct buf line = {0};
    buf_append_string(&line, spec->title);
    if (so_far)
        buf_append_string(&line, " (so far)");
    else if (status->result == CHECK_UNMARKED)
        buf_append_string(&line, " (answered; a person gives the points)");
    else if (status->result != CHECK_WAITING)
        append_evidence(&line, status);
    if (status->result == CHECK_FAILED)
        buf_append_string(&line, "; x begins this step again");
    lab_text_wrap(out, buf_string(&line), width, first, "      ");
    buf_release(&line);
}

void lab_text_checks(struct buf *out, const struct lab_run_step *step,
                     size_t width)
{
    for (size_t i = 0; i < step->step->check_count; i++)
        lab_text_check(out, step, i, width);
}

void lab_text_questions(struct buf *out, const struct lab_run_step *step,
                        size_t width)
{
    for (size_t i = 0; i < step->step->question_count; i++) {
        const struct lab_question *question = &step->step->questions[i];
        const struct lab_run_question *state = &step->questions[i];
        char first[80];

        snprintf(first, sizeof(first), "Question %s: ", question->id);
        lab_text_wrap(out, question->ask, width, first, "  ");
        if (!state->answer)
            continue;
        struct buf line = {0};
        buf_printf(&line, "%s: %s", state->answer,
                   state->right    ? "right"
                   : state->taken  ? "a person reads it and gives the points"
                   : state->remark ? state->remark
                                   : "not right yet");
        lab_text_wrap(out, buf_string(&line), width, "  your answer ", "  ");
        buf_release(&line);
    }
}

void lab_text_title(struct buf *out, const struct lab_run *run,
                    const struct lab_run_step *step)
{
    char *title = without_ticks(step->step->title);

    buf_printf(out, "Step %zu of %zu: %s   (%u of %u points",
               (size_t)(step - run->steps) + 1, run->lab->step_count, title,
               lab_score_step_points(step), step->step->points);
    if (lab_score_step_cost(step))
        buf_printf(out, ", hints cost %u", lab_score_step_cost(step));
    buf_append_string(out, ")\n");
    free(title);
}

static bool has_files(const struct lab *lab)
{
    bool has = lab->config || lab->file_count;

    for (size_t i = 0; i < lab->step_count; i++)
        has = has || lab->steps[i].file_count;
    return has;
}

char *lab_text_folder(const struct lab_run *run)
{
    if (!run->lab->is_exercise || !run->files || !has_files(run->lab))
        return NULL;
    const char *home = getenv("HOME");
    size_t len = home ? strlen(home) : 0;
    bool at_home =
        len > 1 && !strncmp(run->files, home, len) && run->files[len] == '/';

    return alloc_printf(
        "The folder of this exercise is %s%s: make shell in mqttlab's own "
        "folder, or mqttlab shell, begins there. A shell of another lab you "
        "leave with exit before.",
        at_home ? "~" : "", run->files + (at_home ? len : 0));
}

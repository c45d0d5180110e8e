#include "tui/prompt.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tui/keys.h"
#include "tui/utf8_put.h"

void prompt_release(struct prompt *prompt)
{
    buf_release(&prompt->text);
    for (size_t i = 0; i < prompt->line_count; i++)
        free(prompt->lines[i]);
    *prompt = (struct prompt){0};
}

static void set_text(struct prompt *prompt, const char *text)
{
    /* text may be our own, so it is copied first. */
    char *copy = alloc_string(text);

    buf_clear(&prompt->text);
    buf_append_string(&prompt->text, copy);
    prompt->at = prompt->text.len;
    free(copy);
}

void prompt_begin(struct prompt *prompt, const char *text)
{
    set_text(prompt, text);
    prompt->line = prompt->line_count;
}

const char *prompt_text(struct prompt *prompt)
{
    return buf_string(&prompt->text);
}

/* Remember the line, unless it is empty or the same as the last. */
static void remember(struct prompt *prompt)
{
    const char *text = prompt_text(prompt);
    size_t count = prompt->line_count;

    if (!*text || (count && !strcmp(prompt->lines[count - 1], text)))
        return;
    if (count == PROMPT_LINES_MAX) {
        free(prompt->lines[0]);
        count--;
        memmove(prompt->lines, prompt->lines + 1, count * sizeof(char *));
    }
    prompt->lines[count] = alloc_string(text);
    prompt->line_count = count + 1;
}

static enum prompt_result older(struct prompt *prompt, bool newer)
{
    if (newer ? prompt->line >= prompt->line_count : prompt->line == 0)
        return PROMPT_GOES_ON;
    prompt->line += newer ? 1 : (size_t)-1;
    set_text(prompt, prompt->line < prompt->line_count
                         ? prompt->lines[prompt->line]
                         : "");
    return PROMPT_CHANGED;
}

/* The start of the character before, or behind, a byte. */
static size_t before(const struct prompt *prompt, size_t at)
{
    while (at > 0 && (prompt->text.bytes[--at] & 0xc0) == 0x80)
        ;
    return at;
}

static size_t behind(const struct prompt *prompt, size_t at)
{
    if (at < prompt->text.len)
        at++;
    while (at < prompt->text.len && (prompt->text.bytes[at] & 0xc0) == 0x80)
        at++;
    return at;
}

static enum prompt_result cut(struct prompt *prompt, size_t from, size_t to)
{
    uint8_t *bytes = prompt->text.bytes;

    if (from == to)
        return PROMPT_GOES_ON;
    memmove(bytes + from, bytes + to, prompt->text.len - to);
    prompt->text.len -= (uint32_t)(to - from);
    prompt->at = from;
    return PROMPT_CHANGED;
}

/* The start of the word before the cursor. */
static size_t word_before(const struct prompt *prompt)
{
    size_t at = prompt->at;

    while (at > 0 && prompt->text.bytes[at - 1] == ' ')
        at--;
    while (at > 0 && prompt->text.bytes[at - 1] != ' ')
        at--;
    return at;
}

static enum prompt_result insert(struct prompt *prompt, uint32_t c)
{
    uint8_t utf8[4];
    size_t len = utf8_put(c, utf8);

    if (prompt->text.len + len > PROMPT_BYTES_MAX)
        return PROMPT_GOES_ON;
    buf_reserve(&prompt->text, len);
    uint8_t *place = prompt->text.bytes + prompt->at;
    memmove(place + len, place, prompt->text.len - prompt->at);
    memcpy(place, utf8, len);
    prompt->text.len += (uint32_t)len;
    prompt->at += len;
    return PROMPT_CHANGED;
}

enum prompt_result prompt_key(struct prompt *prompt, int key)
{
    const int line_start = 1; /* Ctrl-A */
    const int line_end = 5;   /* Ctrl-E */
    const int cut_line = 21;  /* Ctrl-U */
    const int cut_word = 23;  /* Ctrl-W */
    const int interrupt = 3;  /* Ctrl-C */

    if (key == KEYS_ENTER) {
        remember(prompt);
        return PROMPT_DONE;
    }
    if (key == KEYS_ESCAPE || key == interrupt ||
        (key == KEYS_BACKSPACE && prompt->text.len == 0))
        return PROMPT_LEFT;
    if (key == KEYS_UP || key == KEYS_DOWN)
        return older(prompt, key == KEYS_DOWN);
    if (key == KEYS_BACKSPACE)
        return cut(prompt, before(prompt, prompt->at), prompt->at);
    if (key == KEYS_DELETE)
        return cut(prompt, prompt->at, behind(prompt, prompt->at));
    if (key == cut_line)
        return cut(prompt, 0, prompt->at);
    if (key == cut_word)
        return cut(prompt, word_before(prompt), prompt->at);
    if (key == KEYS_LEFT)
        prompt->at = before(prompt, prompt->at);
    else if (key == KEYS_RIGHT)
        prompt->at = behind(prompt, prompt->at);
    else if (key == KEYS_HOME || key == line_start)
        prompt->at = 0;
    else if (key == KEYS_END || key == line_end)
        prompt->at = prompt->text.len;
    else if (key >= ' ' && key < KEYS_UP && key != KEYS_BACKSPACE)
        return insert(prompt, (uint32_t)key);
    return PROMPT_GOES_ON;
}

void prompt_replace(struct prompt *prompt, size_t from, const char *text)
{
    struct buf whole = {0};
    size_t len = strlen(text);

    if (prompt->text.len - (prompt->at - from) + len > PROMPT_BYTES_MAX)
        return;
    buf_append(&whole, prompt->text.bytes, from);
    buf_append(&whole, text, len);
    buf_append(&whole, prompt->text.bytes + prompt->at,
               prompt->text.len - prompt->at);
    buf_release(&prompt->text);
    prompt->text = whole;
    prompt->at = from + len;
}

void prompt_draw(struct prompt *prompt, const struct area *area, int y,
                 const char *label)
{
    int x = grid_text(area, y, 0, STYLE_KEY, label);
    const char *text = prompt_text(prompt);
    size_t from = 0;
    char saved;

    /* So much that the cursor is in sight. */
    saved = (char)prompt->text.bytes[prompt->at];
    prompt->text.bytes[prompt->at] = '\0';
    while (x + grid_text_width(text + from) >= area->width && text[from])
        from = behind(prompt, from);
    int cursor = x + grid_text_width(text + from);
    prompt->text.bytes[prompt->at] = (uint8_t)saved;
    grid_text(area, y, x, STYLE_PLAIN, text + from);
    grid_cursor(area, y, cursor);
}

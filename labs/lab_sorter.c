#include "labs/lab_sorter.h"

#include "base/alloc.h"
#include "labs/params.h"

#include <string.h>

char *lab_sorter_fill(struct lab_sorter *sorter, const char *text)
{
    struct buf out = {0};

    if (!params_fill(&out, sorter->lab, text))
        LAB_SORTER_COMPLAIN(sorter, "{{name}} that is no param, in: %.60s",
                            text);
    return buf_take_string(&out);
}

struct lab_block *lab_sorter_add(struct lab_sorter *sorter,
                                 enum lab_block_kind kind, unsigned depth,
                                 const char *text)
{
    struct lab *lab = sorter->lab;
    struct lab_step *step = sorter->step;
    struct lab_block **blocks = step             ? &step->blocks
                                : sorter->at_end ? &lab->end
                                                 : &lab->intro;
    size_t *count = step             ? &step->block_count
                    : sorter->at_end ? &lab->end_count
                                     : &lab->intro_count;

    *blocks = alloc_resize(*blocks, *count + 1, sizeof((*blocks)[0]));
    (*blocks)[(*count)++] = (struct lab_block){
        .kind = kind, .depth = depth, .text = lab_sorter_fill(sorter, text)};
    return &(*blocks)[*count - 1];
}

char *lab_sorter_skip_blanks(char *text)
{
    return text + strspn(text, " \t");
}

char *lab_sorter_take_word(char **text)
{
    char *word = lab_sorter_skip_blanks(*text);
    char *end = word + strcspn(word, " \t");

    *text = *end ? lab_sorter_skip_blanks(end + 1) : end;
    *end = '\0';
    return word;
}

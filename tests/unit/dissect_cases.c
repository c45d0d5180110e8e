#include "dissect_cases.h"

#include "suites.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH "tests/packets/dissect.txt"

static bool starts(const char *line, const char *word)
{
    return !strncmp(line, word, strlen(word));
}

static struct dissect_case *add(struct dissect_cases *all)
{
    all->cases =
        alloc_resize(all->cases, all->count + 1, sizeof(all->cases[0]));
    all->cases[all->count] = (struct dissect_case){0};
    return &all->cases[all->count++];
}

static void read_line(struct dissect_cases *all, char *line, struct buf *tree)
{
    if (starts(line, "packet ")) {
        struct dissect_case *one = add(all);
        snprintf(one->name, sizeof(one->name), "%.*s",
                 (int)strcspn(line + 7, "\n"), line + 7);
        return;
    }
    if (*line == '#' || all->count == 0)
        return;

    struct dissect_case *one = &all->cases[all->count - 1];
    if (starts(line, "version ")) {
        one->version = (unsigned)strtoul(line + 8, NULL, 10);
        one->from_client = strchr(line, '>') != NULL;
    } else if (starts(line, "hex ")) {
        one->len += unit_hex(line + 4, one->bytes + one->len,
                             sizeof(one->bytes) - one->len);
    } else if (*line == '\n') {
        one->tree = buf_take_string(tree);
    } else {
        buf_append_string(tree, line);
    }
}

void dissect_cases_load(struct dissect_cases *all)
{
    FILE *file = fopen(PATH, "r");
    struct buf tree = {0};
    char line[1024];

    *all = (struct dissect_cases){0};
    ck_assert_msg(file, "cannot open " PATH);
    while (fgets(line, sizeof(line), file))
        read_line(all, line, &tree);
    fclose(file);
    ck_assert_uint_eq(tree.len, 0); /* the last one ends with an empty line */
    ck_assert_uint_gt(all->count, 0);
    buf_release(&tree);
}

void dissect_cases_release(struct dissect_cases *all)
{
    for (size_t i = 0; i < all->count; i++)
        free(all->cases[i].tree);
    free(all->cases);
    *all = (struct dissect_cases){0};
}

char *dissect_cases_tree(const struct dissection *dissection)
{
    struct buf tree = {0};

    for (size_t i = 0; i < dissection->count; i++) {
        const struct field *field = &dissection->fields[i];

        buf_printf(&tree, "%c%*s%u+%u %s\n", field->error ? '!' : ' ',
                   2 * field->depth, "", field->offset, field->len,
                   dissect_text(dissection, field));
    }
    return buf_take_string(&tree);
}

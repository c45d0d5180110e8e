#include "labs/progress.h"

#include "base/alloc.h"
#include "base/slice.h"
#include "labs/journal.h"
#include "labs/lab_run.h"
#include "labs/workspace.h"

#include <stdlib.h>
#include <string.h>

/* Where a check or step stands, as far as the journal has told. */
struct stand {
    bool begun;
    bool *passed;   /* by check */
    bool *unmarked; /* by check: answered, for a person to read */
    unsigned hints;
};

/* The word of a line from *at on; *at moves behind it and its blank. */
static struct slice take_word(struct slice *line)
{
    const uint8_t *blank = memchr(line->bytes, ' ', line->len);
    size_t len = blank ? (size_t)(blank - line->bytes) : line->len;
    struct slice word = slice_first(*line, len);

    *line = slice_skip(*line, blank ? len + 1 : len);
    return word;
}

/* Is the word "STEP.CHECK"? */
static bool names_check(struct slice word, const char *step, const char *check)
{
    char *name = alloc_printf("%s.%s", step, check);
    bool same = slice_equal_string(word, name);

    free(name);
    return same;
}

static void take_line(const struct lab *lab, struct stand *stands,
                      struct slice line)
{
    take_word(&line); /* hash */
    take_word(&line); /* time */
    struct slice kind = take_word(&line);
    struct slice name = take_word(&line);
    struct slice result = take_word(&line);

    for (size_t s = 0; s < lab->step_count; s++) {
        const struct lab_step *step = &lab->steps[s];
        bool is_step = slice_equal_string(name, step->id);

        if (slice_equal_string(kind, "step") && is_step)
            stands[s].begun = true;
        if (slice_equal_string(kind, "hint") && is_step &&
            stands[s].hints < step->hint_count)
            stands[s].hints++;
        for (size_t i = 0;
             slice_equal_string(kind, "check") && i < step->check_count; i++) {
            if (!names_check(name, step->id, step->checks[i].id))
                continue;
            stands[s].passed[i] =
                slice_equal_string(result, check_result_name(CHECK_PASSED));
            stands[s].unmarked[i] =
                slice_equal_string(result, check_result_name(CHECK_UNMARKED));
        }
    }
}

static unsigned points_of(const struct lab_step *step,
                          const struct stand *stand, bool *complete)
{
    unsigned points = 0;
    unsigned cost = 0;

    *complete = stand->begun;
    for (size_t i = 0; stand->begun && i < step->check_count; i++) {
        *complete = *complete && (stand->passed[i] || stand->unmarked[i]);
        points += stand->passed[i] ? step->checks[i].points : 0;
    }
    for (size_t i = 0; i < stand->hints; i++)
        cost += step->hints[i].cost;
    return points > cost ? points - cost : 0;
}

/* What is true as long as nothing happens has passed already. */
static struct stand first_stand(const struct lab_step *step)
{
    struct stand stand = {
        .passed = alloc_zero(step->check_count, sizeof(stand.passed[0])),
        .unmarked = alloc_zero(step->check_count, sizeof(stand.unmarked[0])),
    };
    char error[300];

    for (size_t i = 0; i < step->check_count; i++) {
        struct check *check =
            check_new(&step->checks[i], step, error, sizeof(error));

        stand.passed[i] = check && check_status(check)->result == CHECK_PASSED;
        check_free(check);
    }
    return stand;
}

char *progress_from(const struct lab *lab, const char *journal)
{
    struct stand *stands = alloc_zero(lab->step_count, sizeof(stands[0]));
    bool all = lab->step_count > 0;
    unsigned points = 0;

    for (size_t s = 0; s < lab->step_count; s++)
        stands[s] = first_stand(&lab->steps[s]);
    for (const char *at = journal; *at;) {
        size_t len = strcspn(at, "\n");

        take_line(lab, stands, slice_of(at, len));
        at += at[len] ? len + 1 : len;
    }
    for (size_t s = 0; s < lab->step_count; s++) {
        bool complete;

        points += points_of(&lab->steps[s], &stands[s], &complete);
        all = all && complete;
        free(stands[s].passed);
        free(stands[s].unmarked);
    }
    free(stands);
    return alloc_printf("%s%u of %u points", all ? "done, " : "", points,
                        lab->points);
}

char *progress_of(const struct lab *lab)
{
    char *folder = workspace_path(lab->id, NULL);
    char *path = alloc_printf("%s/journal", folder);
    char *journal = journal_text(path);
    char *words = journal ? progress_from(lab, journal) : alloc_string("");

    free(journal);
    free(path);
    free(folder);
    return words;
}

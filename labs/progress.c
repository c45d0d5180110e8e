#include "labs/progress.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/slice.h"
#include "labs/journal.h"
#include "labs/lab_run.h"
#include "labs/workspace.h"
#include "wire/event.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Where a check or step stands, as far as the journal has told. */
struct stand {
    bool begun;
    bool *passed;   /* by check */
    bool *had;      /* by check: had passed once since the step began */
    unsigned lost;  /* points of files that had been right, and are not */
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
        if (slice_equal_string(kind, "reset") && is_step)
            memset(stands[s].had, 0,
                   step->check_count * sizeof(stands[s].had[0]));
        if (slice_equal_string(kind, "hint") && is_step &&
            stands[s].hints < step->hint_count)
            stands[s].hints++;
        for (size_t i = 0;
             slice_equal_string(kind, "check") && i < step->check_count; i++) {
            if (!names_check(name, step->id, step->checks[i].id))
                continue;
            stands[s].passed[i] =
                slice_equal_string(result, check_result_name(CHECK_PASSED));
            stands[s].had[i] = stands[s].had[i] || stands[s].passed[i];
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
        .had = alloc_zero(step->check_count, sizeof(stand.had[0])),
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

/* ---- files, which count as they are now ---- */

/* What checks of files look at, when all was over at this time. */
static void begin_looking(struct check_context *context,
                          struct dissection *scratch, const char *folder)
{
    struct buf bytes = {0};
    struct stat info;
    char *journal = alloc_printf("%s/journal", folder);

    *context = (struct check_context){
        .history = history_new(0), .scratch = scratch, .files = folder};
    record_begin(&bytes, EVENT_NOTE);
    struct record last = {
        .seq = 1, .type = RECORD_NOTE, .bytes = buf_slice(&bytes)};
    if (stat(journal, &info) == 0)
        last.time_ns = (uint64_t)info.st_mtime * CLOCK_NS_PER_S;
    history_add(context->history, &last);
    buf_release(&bytes);
    free(journal);
}

static void look_at_step(const struct lab_step *step, struct stand *stand,
                         const struct check_context *context)
{
    char error[300];

    for (size_t i = 0; stand->begun && i < step->check_count; i++) {
        struct check *check =
            check_new(&step->checks[i], step, error, sizeof(error));

        bool of_files = check && check_is_of_files(check);
        if (of_files)
            check_finish(check, context);
        if (of_files && check_has_looked(check)) {
            stand->passed[i] = check_is_settled(check);
            if (stand->had[i] && !stand->passed[i])
                stand->lost += step->checks[i].points;
        }
        check_free(check);
    }
}

/* As the grader will, with the values of the student whose folder it is. */
static void look_at_files(const struct lab *lab, struct stand *stands,
                          const char *folder)
{
    struct lab_problems problems = {0};
    struct dissection scratch = {0};
    struct check_context context;
    char *seed = workspace_seed(folder);
    struct lab *own = lab_load(lab->path, seed, &problems);

    begin_looking(&context, &scratch, folder);
    for (size_t s = 0; own && s < own->step_count; s++)
        look_at_step(&own->steps[s], &stands[s], &context);
    history_free(context.history);
    dissect_release(&scratch);
    lab_free(own);
    buf_release(&problems.text);
    free(seed);
}

/* ---- all together ---- */

static unsigned points_of_all(const struct lab *lab, const struct stand *stands,
                              bool *all)
{
    unsigned points = 0;

    *all = lab->step_count > 0;
    for (size_t s = 0; s < lab->step_count; s++) {
        bool complete;

        points += points_of(&lab->steps[s], &stands[s], &complete);
        *all = *all && complete;
    }
    return points;
}

/* Points for answers that a person has to read. */
static unsigned waiting(const struct lab *lab, const struct stand *stands)
{
    unsigned points = 0;

    for (size_t s = 0; s < lab->step_count; s++) {
        for (size_t i = 0; i < lab->steps[s].check_count; i++)
            points +=
                stands[s].unmarked[i] ? lab->steps[s].checks[i].points : 0;
    }
    return points;
}

static char *words_for(const struct lab *lab, const char *journal,
                       const char *folder)
{
    struct stand *stands = alloc_zero(lab->step_count, sizeof(stands[0]));
    struct buf words = {0};
    bool all;

    for (size_t s = 0; s < lab->step_count; s++)
        stands[s] = first_stand(&lab->steps[s]);
    for (const char *at = journal; *at;) {
        size_t len = strcspn(at, "\n");

        take_line(lab, stands, slice_of(at, len));
        at += at[len] ? len + 1 : len;
    }
    unsigned lost = 0;

    look_at_files(lab, stands, folder);
    unsigned points = points_of_all(lab, stands, &all);
    unsigned more = waiting(lab, stands);
    for (size_t s = 0; s < lab->step_count; s++) {
        lost += stands[s].lost;
        free(stands[s].passed);
        free(stands[s].had);
        free(stands[s].unmarked);
    }
    free(stands);
    buf_printf(&words, "%s%u of %u points", all ? "done, " : "", points,
               lab->points);
    if (more)
        buf_printf(&words, " (a person gives up to %u more)", more);
    if (lost)
        buf_printf(&words, " (%u lost: files were changed)", lost);
    return buf_take_string(&words);
}

char *progress_of(const struct lab *lab, const char *dir)
{
    char *folder = workspace_path(lab->id, dir);
    char *path = alloc_printf("%s/journal", folder);
    char *journal = journal_text(path);
    char *words = journal ? words_for(lab, journal, folder) : alloc_string("");

    free(journal);
    free(path);
    free(folder);
    return words;
}

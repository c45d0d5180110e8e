#include "labs/lab_lost.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "labs/lab_files.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_NAMES 4 /* that are told */

/* The clock of files may be behind by one tick of the system. */
#define TICK_NS UINT64_C(10000000)

/* What has happened to files: "a.crt was changed, b.crt is gone". */
struct deeds {
    struct buf text;
    unsigned count;
};

bool lab_lost(const struct lab_run_step *step, size_t check)
{
    const struct check *of = step->checks[check];

    return step->begun && step->passed_ns[check] && check_is_of_files(of) &&
           check_has_looked(of) && !check_is_settled(of);
}

static void add_deed(struct deeds *deeds, const char *name, const char *what)
{
    char *deed = alloc_printf("%s %s", name, what);

    if (!strstr(buf_string(&deeds->text), deed) && deeds->count < MAX_NAMES)
        buf_printf(&deeds->text, "%s%s", deeds->count++ ? ", " : "", deed);
    free(deed);
}

/* Has the file been written, moved there or taken away since? */
static void look_at(struct deeds *deeds, const char *folder, const char *name,
                    uint64_t since_ns)
{
    char *path = alloc_printf("%s/%s", folder, name);
    struct stat info;
    bool there = lstat(path, &info) == 0;
    uint64_t changed = there ? (uint64_t)info.st_ctim.tv_sec * CLOCK_NS_PER_S +
                                   (uint64_t)info.st_ctim.tv_nsec
                             : 0;

    if (!there)
        add_deed(deeds, name, "is gone");
    else if (changed + TICK_NS > since_ns)
        add_deed(deeds, name, "was changed");
    free(path);
}

/* A command may look at any file. */
static void look_at_all(struct deeds *deeds, const char *folder,
                        uint64_t since_ns)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);

    for (int i = 0; i < count; i++) {
        if (!lab_files_fault(entries[i]->d_name))
            look_at(deeds, folder, entries[i]->d_name, since_ns);
        free(entries[i]);
    }
    free(entries);
}

static void look(struct deeds *deeds, const struct lab_run *run,
                 const struct lab_run_step *step, size_t check)
{
    const char *names[CHECK_FILES];
    unsigned count = check_files(step->checks[check], names);
    uint64_t since_ns = step->passed_ns[check];

    if (!run->files)
        return;
    for (unsigned i = 0; i < count; i++)
        look_at(deeds, run->files, names[i], since_ns);
    if (!count)
        look_at_all(deeds, run->files, since_ns);
}

/* "Step 3", "Steps 1, 3". */
static void append_steps(struct buf *out, const bool *lost, size_t count)
{
    unsigned several = 0;

    for (size_t i = 0; i < count; i++)
        several += lost[i];
    buf_append_string(out, several > 1 ? "Steps" : "Step");
    for (size_t i = 0, said = 0; i < count; i++) {
        if (lost[i])
            buf_printf(out, "%s %zu", said++ ? "," : "", i + 1);
    }
}

char *lab_lost_all(const struct lab_run *run)
{
    size_t count = run->lab->step_count;
    bool *lost = alloc_zero(count, sizeof(lost[0]));
    struct deeds deeds = {0};
    struct buf text = {0};
    unsigned points = 0;
    bool any = false;

    for (size_t s = 0; s < count; s++) {
        const struct lab_run_step *step = &run->steps[s];

        for (size_t i = 0; i < step->step->check_count; i++) {
            if (!lab_lost(step, i))
                continue;
            any = lost[s] = true;
            points += step->step->checks[i].points;
            look(&deeds, run, step, i);
        }
    }
    if (any) {
        append_steps(&text, lost, count);
        buf_printf(&text, ": what had passed there does not pass now");
        if (points)
            buf_printf(&text, " (%u point%s)", points, points == 1 ? "" : "s");
        if (deeds.count)
            buf_printf(&text, "; since then %s", buf_string(&deeds.text));
        buf_append_string(&text, ". It counts again when it is right again.");
    }
    free(lost);
    buf_release(&deeds.text);
    return any ? buf_take_string(&text) : NULL;
}

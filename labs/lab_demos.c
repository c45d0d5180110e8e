#include "labs/lab_demos.h"

#include "client/play_script.h"

/* One script of a lab. */
struct demo {
    const struct lab *lab;
    const struct lab_file *file;
    struct lab_problems *problems;
};

static bool tell(void *context, unsigned number, const char *wrong)
{
    const struct demo *demo = context;

    lab_problem(demo->problems, demo->lab->path, demo->file->line + number,
                "%s: %s", demo->file->name, wrong);
    return true;
}

static void check_files(const struct lab *lab, const struct lab_file *files,
                        size_t count, struct lab_problems *problems)
{
    for (size_t i = 0; i < count; i++) {
        struct demo demo = {lab, &files[i], problems};

        if (files[i].demo)
            play_script_check(files[i].text, tell, &demo);
    }
}

void lab_demos_check(const struct lab *lab, struct lab_problems *problems)
{
    check_files(lab, lab->files, lab->file_count, problems);
    for (size_t i = 0; i < lab->step_count; i++)
        check_files(lab, lab->steps[i].files, lab->steps[i].file_count,
                    problems);
}

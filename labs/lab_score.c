#include "labs/lab_score.h"

#include <string.h>

bool lab_score_step_seen(const struct lab_run_step *step)
{
    if (!step->begun)
        return false;
    for (size_t i = 0; i < step->step->check_count; i++) {
        if (!check_is_answer(step->checks[i]) &&
            check_status(step->checks[i])->result != CHECK_PASSED)
            return false;
    }
    return true;
}

bool lab_score_so_far(const struct lab_run_step *step, size_t check)
{
    const struct check *of = step->checks[check];
    bool must_stay = check_is_of_files(of) && !step->step->checks[check].points;

    return (check_is_absence(of) || must_stay) &&
           check_status(step->checks[check])->result == CHECK_PASSED &&
           !lab_score_step_seen(step);
}

/* Of the passed checks. */
static unsigned reached(const struct lab_run_step *step)
{
    unsigned points = 0;

    for (size_t i = 0; step->begun && i < step->step->check_count; i++) {
        if (check_status(step->checks[i])->result == CHECK_PASSED)
            points += step->step->checks[i].points;
    }
    return points;
}

unsigned lab_score_step_cost(const struct lab_run_step *step)
{
    unsigned points = reached(step);
    unsigned cost = 0;

    for (size_t i = 0; i < step->hints_open; i++)
        cost += step->step->hints[i].cost;
    return cost < points ? cost : points;
}

unsigned lab_score_step_points(const struct lab_run_step *step)
{
    return reached(step) - lab_score_step_cost(step);
}

unsigned lab_score_points(const struct lab_run *run)
{
    unsigned points = 0;

    for (size_t i = 0; i < run->lab->step_count; i++)
        points += lab_score_step_points(&run->steps[i]);
    return points;
}

unsigned lab_score_cost(const struct lab_run *run)
{
    unsigned cost = 0;

    for (size_t i = 0; i < run->lab->step_count; i++)
        cost += lab_score_step_cost(&run->steps[i]);
    return cost;
}

unsigned lab_score_unmarked(const struct lab_run *run)
{
    unsigned points = 0;

    for (size_t s = 0; s < run->lab->step_count; s++) {
        const struct lab_run_step *step = &run->steps[s];

        for (size_t i = 0; step->begun && i < step->step->check_count; i++) {
            if (check_status(step->checks[i])->result == CHECK_UNMARKED)
                points += step->step->checks[i].points;
        }
    }
    return points;
}

bool lab_score_complete(const struct lab_run *run)
{
    for (size_t i = 0; i < run->lab->step_count; i++) {
        if (!lab_run_step_complete(&run->steps[i]))
            return false;
    }
    return true;
}

const struct lab_step *lab_score_missing(const struct lab_run *run,
                                         const struct lab_run_step *step)
{
    if (!step->step->needs)
        return NULL;
    for (size_t i = 0; i < run->lab->step_count; i++) {
        if (!strcmp(run->steps[i].step->id, step->step->needs))
            return lab_run_step_complete(&run->steps[i]) ? NULL
                                                         : run->steps[i].step;
    }
    return NULL;
}

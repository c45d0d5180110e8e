#include "sample_panel.h"

#include <stdio.h>
#include <string.h>

static const char *const titles[] = {"At most once", "At least once",
                                     "Exactly once"};

static const struct panel_line lines[] = {
    {PANEL_TEXT,
     "Publish ONE message with QoS 2 to the topic `lab/temp` and let"
     " the handshake finish.",                                                   0},
    {PANEL_TEXT,    "",                                                          0},
    {PANEL_COMMAND, "mosquitto_pub -t lab/temp -q 2 -m 21.5",                    0},
    {PANEL_COMMAND,
     "mosquitto_pub -t lab/temp -i thermometer -q 2 -m \"21.5 degrees\"",        0},
    {PANEL_TEXT,    "",                                                          0},
    {PANEL_HEADING, "What to look for",                                          0},
    {PANEL_TEXT,
     "Watch the ladder (key 2). How many packets cross the wire"
     " between you and the broker?",                                             0},
    {PANEL_TEXT,    "bytes  what it is",                                         7},
    {PANEL_TEXT,    "1      the type in the upper half, and the flags below it",
     7                                                                            },
    {PANEL_CODE,    "PUBLISH -> PUBREC -> PUBREL -> PUBCOMP",                    0},
};

static const struct panel_check checks[] = {
    {"publish with `QoS 2`", "",                      1, PANEL_PASSED,  7},
    {"PUBREC came back",     "",                      1, PANEL_PASSED,  8},
    {"PUBCOMP within 5 s",   "waiting 2.1 s ...",     2, PANEL_WAITING, 0},
    {"no message twice",     "packet 9 came again",   1, PANEL_FAILED,  0},
    {"the question",         "needs the check above", 0, PANEL_SKIPPED, 0},
};

static const char *const hints[] = {"The sender and the receiver both answer.",
                                    "There are four packets."};

static const char *title(void *lab)
{
    (void)lab;
    return "Lab 02  Quality of service";
}

static void points(void *lab, unsigned *reached, unsigned *of)
{
    (void)lab;
    *reached = 11;
    *of = 20;
}

static size_t steps(void *lab)
{
    (void)lab;
    return sizeof(titles) / sizeof(titles[0]);
}

static void step(void *lab, size_t index, struct panel_step *out)
{
    const struct sample_lab *sample = lab;

    *out = (struct panel_step){titles[index], index < sample->step,
                               index == sample->step};
}

static const char *trouble(void *lab)
{
    const char *text = ((const struct sample_lab *)lab)->trouble;

    return text ? text : "";
}

static const char *lost(void *lab)
{
    const char *text = ((const struct sample_lab *)lab)->lost;

    return text ? text : "";
}

static size_t line_count(void *lab)
{
    (void)lab;
    return sizeof(lines) / sizeof(lines[0]);
}

static void line(void *lab, size_t index, struct panel_line *out)
{
    (void)lab;
    *out = lines[index];
}

static size_t check_count(void *lab)
{
    (void)lab;
    return sizeof(checks) / sizeof(checks[0]);
}

static void check(void *lab, size_t index, struct panel_check *out)
{
    *out = checks[index];
    if (((const struct sample_lab *)lab)->wordy)
        out->text = "the publisher got what it waited for, and the subscriber "
                    "too";
    if (((const struct sample_lab *)lab)->wordy && index == 0)
        out->detail = "packets 1007, 1008, 1012, 1013";
}

static size_t hint_count(void *lab)
{
    (void)lab;
    return sizeof(hints) / sizeof(hints[0]);
}

static size_t hints_open(void *lab)
{
    return ((const struct sample_lab *)lab)->hints_open;
}

static const char *hint(void *lab, size_t index)
{
    (void)lab;
    return hints[index];
}

static unsigned hint_costs(void *lab)
{
    return ((const struct sample_lab *)lab)->hints_open ? 1 : 0;
}

static size_t near_misses(void *lab)
{
    (void)lab;
    return 1;
}

static const char *near_miss(void *lab, size_t index)
{
    (void)lab;
    (void)index;
    return "You also published with QoS 1 (packet 198): that one has only"
           " PUBACK.";
}

static bool question(void *lab, struct panel_question *out)
{
    const struct sample_lab *sample = lab;
    bool right = !strcmp(sample->answer, "4");

    *out = (struct panel_question){
        .text = "Question: number of packets?",
        .answer = sample->answer,
        .state = right ? PANEL_PASSED : PANEL_WAITING,
        .closed = right,
        .remark = right || !*sample->answer ? "" : "not right yet",
    };
    return true;
}

static void watch(void *lab, bool watched)
{
    ((struct sample_lab *)lab)->watched = watched;
}

static bool tick(void *lab, const struct history *history, uint64_t now_ns)
{
    (void)history;
    (void)now_ns;
    ((struct sample_lab *)lab)->ticks++;
    return false;
}

static const char *next(void *lab)
{
    struct sample_lab *sample = lab;

    if (sample->step + 1 == steps(lab))
        return "this is the last step";
    sample->step++;
    return "";
}

static const char *previous(void *lab)
{
    struct sample_lab *sample = lab;

    if (!sample->step)
        return "this is the first step";
    sample->step--;
    return "";
}

static const char *open_hint(void *lab)
{
    struct sample_lab *sample = lab;

    if (sample->hints_open == hint_count(lab))
        return "there are no more hints";
    sample->hints_open++;
    return "";
}

static const char *reset(void *lab)
{
    ((struct sample_lab *)lab)->hints_open = 0;
    return "the step begins again";
}

static const char *run(void *lab)
{
    (void)lab;
    return "runs: mosquitto_pub -t lab/temp -q 2 -m 21.5";
}

static const char *answer(void *lab, const char *text)
{
    struct sample_lab *sample = lab;

    snprintf(sample->answer, sizeof(sample->answer), "%s", text);
    return strcmp(text, "4") != 0 ? "not right yet" : "right";
}

static const char *submit(void *lab)
{
    (void)lab;
    return "written: 02-qos.mqlab";
}

void sample_lab_init(struct sample_lab *lab)
{
    *lab = (struct sample_lab){
        .step = 2,
        .hints_open = 1,
        .panel = {.lab = lab,
                  .title = title,
                  .points = points,
                  .steps = steps,
                  .step = step,
                  .trouble = trouble,
                  .lost = lost,
                  .lines = line_count,
                  .line = line,
                  .checks = check_count,
                  .check = check,
                  .hints = hint_count,
                  .hints_open = hints_open,
                  .hint = hint,
                  .hint_costs = hint_costs,
                  .near_misses = near_misses,
                  .near_miss = near_miss,
                  .question = question,
                  .watch = watch,
                  .tick = tick,
                  .next = next,
                  .previous = previous,
                  .open_hint = open_hint,
                  .reset = reset,
                  .run = run,
                  .answer = answer,
                  .submit = submit},
    };
}

#include "labs/live.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "labs/class_key.h"
#include "labs/lab_files.h"
#include "labs/lab_translate.h"
#include "labs/own_files.h"
#include "wire/event.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In all it leaves room in the hand-in for the student's files. */
#define STEP_BYTES (24u << 20)
#define ALL_BYTES  (192u << 20)

/* ---- opening ---- */

static void replay_record(void *context, const struct record *record)
{
    struct live *live = context;

    if (record->connection > live->recorder.last_connection)
        live->recorder.last_connection = record->connection;
    lab_run_feed(live->run, record);
}

static struct lab *load(const struct live *live, const char *name,
                        const char *student, char *error, size_t error_size)
{
    char *path = lab_find(live->home, name);
    struct lab_problems problems = {0};

    if (!path) {
        snprintf(error, error_size,
                 "there is no lab '%s'; mqttlab lab lists them", name);
        return NULL;
    }
    struct lab *lab = lab_load(path, student, &problems);
    if (!lab || problems.count) {
        snprintf(error, error_size, "%s", buf_string(&problems.text));
        lab_free(lab);
        lab = NULL;
    } else {
        char language[3];

        lab_translate_language(language);
        lab_translate(lab, language);
    }
    buf_release(&problems.text);
    free(path);
    return lab;
}

/* The workspace of the lab, and the id of the student who works in it. */
static int open_workspace(struct live *live, const char *name, const char *dir,
                          const char *student, char *error, size_t error_size)
{
    struct lab *lab = load(live, name, "", error, error_size);
    if (!lab)
        return -ENOENT;

    char *folder = workspace_path(lab->id, dir);
    char *fault = own_files_fault(folder, lab->config);
    int result = fault
                     ? -EINVAL
                     : workspace_open(&live->workspace, lab->id, dir, student);
    if (fault)
        snprintf(error, error_size, "%s", fault);
    else if (result == -EBUSY)
        snprintf(error, error_size,
                 "lab %s is open in another window; close it there first",
                 lab->id);
    else if (result == -EEXIST)
        snprintf(error, error_size,
                 "the folder belongs to another student; give one of your own "
                 "with --dir");
    else if (result)
        snprintf(error, error_size, "the folder of lab %s: %s", lab->id,
                 strerror(-result));
    else if (!live->workspace.student[0]) {
        snprintf(error, error_size, "no student id is known yet");
        result = -ENODATA;
    }
    free(fault);
    free(folder);
    lab_free(lab);
    return result;
}

static int open_journal(struct live *live, char *error, size_t error_size)
{
    char *path = alloc_printf("%s/journal", live->workspace.path);
    unsigned line;
    int result = journal_open(&live->journal, path, &line);

    if (result == -EILSEQ)
        snprintf(error, error_size,
                 "%s:%u: this line was changed; `mqttlab lab reset` begins "
                 "anew and keeps the old files in backup-N",
                 path, line);
    else if (result)
        snprintf(error, error_size, "%s: %s", path, strerror(-result));
    free(path);
    return result;
}

static int open_files(struct live *live, char *error, size_t error_size)
{
    uint64_t last_seq;
    int result = open_journal(live, error, error_size);

    if (!result)
        result = recorder_replay(live->workspace.path, replay_record, live,
                                 &last_seq, error, error_size);
    if (result)
        return result;
    uint32_t last_connection = live->recorder.last_connection;
    char *comment = alloc_printf(
        "mqttlab %s, lab %s version %s, student %s", MQTTLAB_VERSION,
        live->run->lab->id, live->run->lab->version, live->workspace.student);
    result =
        recorder_open(&live->recorder, live->workspace.path, comment, last_seq);
    free(comment);
    if (result)
        snprintf(error, error_size, "the recording in %s: %s",
                 live->workspace.path, strerror(-result));
    live->recorder.last_connection = last_connection;
    live->recorder.connection_base = last_connection;
    return result;
}

static void make_marks(struct live *live)
{
    const struct lab *lab = live->run->lab;

    live->marks = alloc_zero(lab->step_count, sizeof(live->marks[0]));
    for (size_t s = 0; s < lab->step_count; s++) {
        const struct lab_run_step *step = &live->run->steps[s];

        live->marks[s] =
            alloc_zero(step->step->check_count, sizeof(live->marks[s][0]));
        for (size_t i = 0; i < step->step->check_count; i++)
            live->marks[s][i] = check_status(step->checks[i])->result;
    }
}

static uint64_t now_ns(void)
{
    return clock_read_wall_ns();
}

/* A record of what happens here, now. */
static struct record own_record(enum record_type type, const struct buf *bytes)
{
    return (struct record){
        .time_ns = now_ns(),
        .type = (uint8_t)type,
        .bytes = buf_slice(bytes),
        .original_len = bytes->len,
    };
}

static int do_deed(struct live *live, const char *kind, const char *text,
                   struct buf *bytes);

/* The sitting begins, at the step where the last one ended. */
static int begin(struct live *live, char *error, size_t error_size)
{
    const struct lab *lab = live->run->lab;
    struct buf bytes = {0};
    int result;

    make_marks(live);
    result = lab_files_write(lab->files, lab->file_count, live->workspace.path);
    lab_run_started(&bytes, lab, live->workspace.student);
    if (!result)
        result = do_deed(live, "open", lab->id, &bytes);
    if (!result)
        live_begin_step(live, live->run->current);
    if (live->recorder.failed)
        result = live->recorder.failed;
    if (result)
        snprintf(error, error_size, "%s: %s", live->workspace.path,
                 strerror(-result));
    return result;
}

int live_open(struct live *live, const char *name, const char *dir,
              const char *student, char *error, size_t error_size)
{
    struct lab_problems problems = {0};

    *live = (struct live){.workspace.lock_fd = -1,
                          .journal.fd = -1,
                          .step_bytes = STEP_BYTES,
                          .all_bytes = ALL_BYTES,
                          .home = lab_home()};
    int result = open_workspace(live, name, dir, student, error, error_size);
    if (!result) {
        char *seed =
            class_key_seed(live->workspace.student, live->workspace.secret);
        struct lab *lab = load(live, name, seed, error, error_size);

        free(seed);
        live->run =
            lab ? lab_run_new(lab, live->workspace.path, &problems) : NULL;
        if (lab && !live->run)
            snprintf(error, error_size, "%s", buf_string(&problems.text));
        result = live->run ? open_files(live, error, error_size) : -EINVAL;
    }
    buf_release(&problems.text);
    if (!result)
        result = begin(live, error, error_size);
    if (result)
        live_close(live);
    return result;
}

void live_close(struct live *live)
{
    for (size_t s = 0; live->marks && s < live->run->lab->step_count; s++)
        free(live->marks[s]);
    free(live->marks);
    free(live->trouble);
    recorder_close(&live->recorder);
    journal_close(&live->journal);
    lab_run_free(live->run);
    workspace_close(&live->workspace);
    free(live->home);
    *live = (struct live){.workspace.lock_fd = -1, .journal.fd = -1};
}

/* ---- feeding ---- */

/* Say what is wrong with the recording; nothing when all is well. */
static void note_trouble(struct live *live)
{
    const struct recorder *recorder = &live->recorder;

    free(live->trouble);
    live->trouble = NULL;
    if (recorder->failed)
        live->trouble = alloc_printf(
            "Nothing counts: the recording cannot be written (%s). Make room, "
            "leave the lab, and open it again.",
            strerror(-recorder->failed));
    else if (recorder->full && recorder->limit == live->all_bytes)
        live->trouble = alloc_printf(
            "Packets no longer count: the recording of this lab is full. Leave "
            "the lab; mqttlab lab reset %s begins it anew.",
            live->run->lab->id);
    else if (recorder->full)
        live->trouble = alloc_string(
            "Packets no longer count: too much was sent, and the recording of "
            "this step is full. X begins the step again.");
}

/* Record something of our own, and judge it if it could be recorded. */
static int feed_own(struct live *live, struct record *record)
{
    int result = recorder_write_own(&live->recorder, record);

    if (!result)
        result = recorder_flush(&live->recorder);
    if (result)
        note_trouble(live);
    else
        lab_run_feed(live->run, record);
    return result;
}

/* In the file before it is said: what proves the mark, and that it was seen,
   which proves how much time has passed. */
static void tell(struct live *live, const struct lab_run_step *step, size_t i)
{
    const struct check_status *status = check_status(step->checks[i]);
    uint64_t packet = status->evidence_count ? status->evidence[0] : 0;
    const char *id = step->step->checks[i].id;
    const char *result = check_result_name(status->result);
    struct buf bytes = {0};
    char *text = alloc_printf("%s.%s %s packet %llu", step->step->id, id,
                              result, (unsigned long long)packet);

    record_begin(&bytes, EVENT_LAB_CHECK);
    record_put_string(&bytes, RECORD_ID, step->step->id);
    record_put_string(&bytes, RECORD_TEXT, text);
    struct record record = own_record(RECORD_LAB, &bytes);
    feed_own(live, &record);
    buf_release(&bytes);
    journal_add(&live->journal, now_ns(), "check", text);
    free(text);
    if (live->on_mark)
        live->on_mark(live->owner, step, i);
}

/* Tell of every check whose result is another than before. */
static void tell_changes(struct live *live)
{
    const struct lab *lab = live->run->lab;

    for (size_t s = 0; s < lab->step_count; s++) {
        const struct lab_run_step *step = &live->run->steps[s];

        for (size_t i = 0; i < step->step->check_count; i++) {
            enum check_result result = check_status(step->checks[i])->result;

            if (result == live->marks[s][i])
                continue;
            live->marks[s][i] = result;
            tell(live, step, i);
        }
    }
}

void live_new_source(struct live *live)
{
    recorder_new_source(&live->recorder);
}

void live_new_broker(struct live *live)
{
    struct buf bytes = {0};

    live_new_source(live);
    record_begin(&bytes, EVENT_BROKER_STARTED);
    struct record record = own_record(RECORD_EVT, &bytes);
    feed_own(live, &record);
    buf_release(&bytes);
    tell_changes(live);
}

void live_lose(struct live *live, uint64_t count)
{
    struct buf bytes = {0};

    record_begin(&bytes, EVENT_LOST_RECORDS);
    record_put_number(&bytes, RECORD_NUMBER, count);
    struct record record = own_record(RECORD_EVT, &bytes);
    feed_own(live, &record);
    buf_release(&bytes);
    tell_changes(live);
}

void live_feed(struct live *live, const struct record *record)
{
    struct record copy = *record;
    bool was_full = live->recorder.full;
    int result = recorder_write(&live->recorder, &copy);

    if (!result) {
        lab_run_feed(live->run, &copy);
        tell_changes(live);
        return;
    }
    if (!live->trouble)
        note_trouble(live);
    if (live->recorder.full && !was_full)
        live_lose(live, 1); /* and more to come */
}

const char *live_trouble(const struct live *live)
{
    if (live->trouble || !live->rival.text[0])
        return live->trouble;
    return live->rival.text;
}

/* Answers that were given by `mqttlab answer` in a shell. */
static void take_answers(struct live *live)
{
    char *line;

    while ((line = workspace_take_answer(&live->workspace))) {
        char *answer = line + strcspn(line, " ");

        if (*answer)
            *answer++ = '\0';
        live_answer(live, line, answer);
        free(line);
    }
}

void live_tick(struct live *live)
{
    take_answers(live);
    lab_rival_look(&live->rival, live->workspace.path,
                   live->run->lab->config != NULL);
    lab_run_tick(live->run, now_ns());
    tell_changes(live);
    if (recorder_flush(&live->recorder) != 0 && !live->trouble)
        note_trouble(live);
}

struct lab_run_step *live_step(const struct live *live)
{
    return &live->run->steps[live->run->current];
}

/* ---- deeds ---- */

static int do_deed(struct live *live, const char *kind, const char *text,
                   struct buf *bytes)
{
    struct record record = own_record(RECORD_LAB, bytes);
    int result = feed_own(live, &record);

    buf_release(bytes);
    if (!result)
        journal_add(&live->journal, record.time_ns, kind, text);
    tell_changes(live);
    return result;
}

/* A step that is begun, or begun again, has room of its own. */
static void make_room(struct live *live)
{
    uint64_t limit = live->recorder.bytes + live->step_bytes;

    recorder_limit(&live->recorder,
                   limit < live->all_bytes ? limit : live->all_bytes);
    note_trouble(live);
}

/* Files that could not be handed out are told of like packets that could not be
   recorded. */
static void note_files(struct live *live, int result)
{
    if (!result)
        return;
    free(live->trouble);
    live->trouble = alloc_printf("The files of this step cannot be written "
                                 "into %s: %s.",
                                 live->workspace.path, strerror(-result));
}

void live_begin_step(struct live *live, size_t index)
{
    const struct lab_step *step = live->run->steps[index].step;
    struct buf bytes = {0};

    make_room(live);
    note_files(live, lab_files_write(step->files, step->file_count,
                                     live->workspace.path));
    lab_run_begin_step(&bytes, step);
    do_deed(live, "step", step->id, &bytes);
}

bool live_answer(struct live *live, const char *question, const char *answer)
{
    struct buf bytes = {0};

    if (lab_run_answered(live_step(live), question))
        return false;
    char *text = alloc_printf("%s %s", question, answer);

    lab_run_answer(&bytes, question, answer);
    do_deed(live, "answer", text, &bytes);
    free(text);
    return true;
}

bool live_hint(struct live *live)
{
    struct lab_run_step *step = live_step(live);
    struct buf bytes = {0};

    if (step->hints_open == step->step->hint_count)
        return false;
    lab_run_hint(&bytes, step->step);
    return do_deed(live, "hint", step->step->id, &bytes) == 0;
}

void live_reset_step(struct live *live)
{
    const struct lab_step *step = live_step(live)->step;
    struct buf bytes = {0};

    make_room(live);
    note_files(live, lab_files_renew(step->files, step->file_count,
                                     live->workspace.path));
    lab_run_reset(&bytes, step);
    do_deed(live, "reset", step->id, &bytes);
}

#include "student.h"

#include "suites.h"

#include "base/alloc.h"
#include "labs/grade.h"
#include "labs/handin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void student_make_folder(struct student *student)
{
    strcpy(student->folder, "/tmp/mqttlab-unit.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(student->folder));
}

void student_remove_folder(struct student *student)
{
    char *command = alloc_printf("rm -rf '%s'", student->folder);

    ck_assert_int_eq(system(command), 0);
    free(command);
}

void student_make_home(struct student *student)
{
    student_make_folder(student);
    setenv("XDG_DATA_HOME", student->folder, 1);
    unsetenv("MQTTLAB_LAB_DIR");
}

char *student_write_file(const struct student *student, const char *name,
                         const char *text)
{
    char *path = alloc_printf("%s/%s", student->folder, name);
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    return path;
}

void student_open(struct student *student)
{
    char error[400] = "";

    ck_assert_msg(
        live_open(&student->live, "1", NULL, "ann", error, sizeof(error)) == 0,
        "%s", error);
}

void student_begin(struct student *student, const char *lab_text)
{
    student_make_folder(student);
    char *labs = alloc_printf("%s/labs", student->folder);
    ck_assert_int_eq(mkdir(labs, 0700), 0);
    free(labs);
    free(student_write_file(student, "labs/01-x.md", lab_text));
    setenv("MQTTLAB_HOME", student->folder, 1);
    setenv("XDG_DATA_HOME", student->folder, 1);
    student_open(student);
}

void student_end(struct student *student)
{
    live_close(&student->live);
    student_remove_folder(student);
}

void student_packet(struct student *student, uint64_t seq, uint64_t time_ns,
                    const char *hex)
{
    uint8_t bytes[256];
    size_t len = unit_hex(hex, bytes, sizeof(bytes));
    const struct record record = {
        .seq = seq,
        .time_ns = time_ns,
        .connection = 1,
        .original_len = (uint32_t)len,
        .type = RECORD_MQTT,
        .direction = RECORD_C2B,
        .version = 4,
        .bytes = slice_of(bytes, len),
    };

    live_feed(&student->live, &record);
}

char *student_hand_in(const struct student *student)
{
    char *file = alloc_printf("%s/x.mqlab", student->folder);
    char error[400] = "";

    ck_assert_msg(handin_pack(file, student->live.run->lab,
                              &student->live.workspace, error,
                              sizeof(error)) == 0,
                  "%s", error);
    return file;
}

json_t *student_grade(struct student *student, const struct marks *marks)
{
    const struct grade_options options = {
        .home = student->folder, .jobs = 1, .timeout_s = 20, .marks = marks};

    recorder_flush(&student->live.recorder);
    char *file = student_hand_in(student);
    char *files[] = {file};
    json_t *results = grade_files(&options, files, 1);
    json_t *result = json_incref(json_array_get(results, 0));
    json_decref(results);
    free(file);
    return result;
}

#include "labs/marks.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/whole_file.h"
#include "labs/answer.h"
#include "labs/grade_report.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES   (16u << 20)
#define MAX_COLUMNS 32
#define NO_COLUMN   MAX_COLUMNS

void marks_id(char id[MARKS_ID_SIZE], const char *student, const char *lab,
              const char *step, const char *question, const char *answer)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    char *normal = answer_normalise(answer);
    char *text = alloc_printf("%s\n%s\n%s\n%s\n%s", student, lab, step,
                              question, normal);

    if (EVP_Digest(text, strlen(text), hash, &len, EVP_sha256(), NULL) != 1)
        abort();
    /* A letter in front: no spreadsheet takes it for a number. */
    snprintf(id, MARKS_ID_SIZE, "m%02x%02x%02x%02x%02x%02x", hash[0], hash[1],
             hash[2], hash[3], hash[4], hash[5]);
    free(text);
    free(normal);
}

/* ---- reading ---- */

/* A file of CSV, row by row. */
struct table {
    const char *at;
    char separator;
    unsigned line; /* of the row that was taken last, from 1 */
    unsigned next_line;
    char *cells[MAX_COLUMNS]; /* of that row; owned */
    size_t count;
};

static void free_cells(struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    table->count = 0;
}

/* What stands in quotes may hold separators, line ends, and "" for a quote. */
static void take_quoted(struct table *table, struct buf *cell)
{
    table->at++;
    for (; *table->at; table->at++) {
        if (*table->at == '"' && *++table->at != '"')
            return;
        table->next_line += *table->at == '\n';
        buf_append_u8(cell, (uint8_t)*table->at);
    }
}

/* One cell, and the separator or line end behind it; false: the row is over. */
static bool take_cell(struct table *table)
{
    struct buf cell = {0};

    if (*table->at == '"')
        take_quoted(table, &cell);
    while (*table->at && *table->at != table->separator &&
           !strchr("\r\n", *table->at))
        buf_append_u8(&cell, (uint8_t)*table->at++);
    if (table->count < MAX_COLUMNS)
        table->cells[table->count++] = buf_take_string(&cell);
    buf_release(&cell);
    if (*table->at == table->separator && *table->at) {
        table->at++;
        return true;
    }
    table->at += *table->at == '\r';
    table->next_line += *table->at == '\n';
    table->at += *table->at == '\n';
    return false;
}

/* The next row; false when there is none. Empty lines are none. */
static bool take_row(struct table *table)
{
    free_cells(table);
    for (; *table->at && strchr("\r\n", *table->at); table->at++)
        table->next_line += *table->at == '\n';
    if (!*table->at)
        return false;
    table->line = table->next_line;
    while (take_cell(table))
        continue;
    return true;
}

/* Which column has this name in the row; NO_COLUMN: none. */
static size_t column_of(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++) {
        if (!strcmp(table->cells[i], name))
            return i;
    }
    return NO_COLUMN;
}

static const char *cell(const struct table *table, size_t column)
{
    return column < table->count ? table->cells[column] : "";
}

/* A whole number; -1 when it is none. */
static int number_of(const char *text)
{
    size_t len = strspn(text, "0123456789");

    if (!len || len > 4 || text[len + strspn(text + len, " ")])
        return -1;
    return (int)strtol(text, NULL, 10);
}

/* Where what we read stands. */
struct columns {
    size_t id;
    size_t max;
    size_t points;
    size_t remark;
};

/* Somebody may have copied a line before filling it in. */
static const char *take_again(struct mark *mark, int points, const char *remark)
{
    if (points < 0)
        return NULL;
    if (mark->points >= 0 && mark->points != points)
        return "this id has other points in a line before";
    mark->points = points;
    free(mark->remark);
    mark->remark = alloc_string(remark);
    return NULL;
}

/* One row as a mark; NULL, or what is wrong with it. */
static const char *take_mark(struct marks *marks, const struct table *table,
                             const struct columns *columns)
{
    const char *id = cell(table, columns->id);
    const char *points = cell(table, columns->points);
    int max = number_of(cell(table, columns->max));
    int given = -1;

    if (id[0] != 'm' || strlen(id) != MARKS_ID_SIZE - 1)
        return "the id is none that mqttlab grade has written";
    points += strspn(points, " ");
    if (*points) {
        given = number_of(points);
        if (given < 0 || max < 0 || given > max)
            return "points are a whole number, from 0 to what stands under max";
    }
    for (size_t i = 0; i < marks->count; i++) {
        if (!strcmp(marks->marks[i].id, id))
            return take_again(&marks->marks[i], given,
                              cell(table, columns->remark));
    }
    marks->marks =
        alloc_resize(marks->marks, marks->count + 1, sizeof(marks->marks[0]));
    struct mark *mark = &marks->marks[marks->count++];
    *mark = (struct mark){
        .points = given,
        .remark = alloc_string(cell(table, columns->remark)),
    };
    snprintf(mark->id, sizeof(mark->id), "%s", id);
    return NULL;
}

static const char *take_rows(struct marks *marks, struct table *table)
{
    const char *wrong = NULL;

    if (!take_row(table))
        return NULL;
    const struct columns columns = {
        .id = column_of(table, "id"),
        .max = column_of(table, "max"),
        .points = column_of(table, "points"),
        .remark = column_of(table, "remark"),
    };
    if (columns.id == NO_COLUMN || columns.points == NO_COLUMN ||
        columns.max == NO_COLUMN)
        return "the first line names the columns: id, max, points, remark";
    marks->there = true;
    while (!wrong && take_row(table))
        wrong = take_mark(marks, table, &columns);
    return wrong;
}

/* The first of these that stands in the first line. */
static char separator_in(const char *text)
{
    size_t first = strcspn(text, ",;\t\n");

    return text[first] && text[first] != '\n' ? text[first] : ',';
}

bool marks_read(struct marks *marks, const char *path, char *error,
                size_t error_size)
{
    static const char mark_of_utf8[] = "\xef\xbb\xbf";
    struct buf file = {0};

    *marks = (struct marks){.separator = ','};
    int result = whole_file_load(path, MAX_BYTES, &file);
    if (result && result != -ENOENT) {
        snprintf(error, error_size, "%s: %s", path, strerror(-result));
        buf_release(&file);
        return false;
    }
    const char *text = buf_string(&file);
    if (!strncmp(text, mark_of_utf8, 3))
        text += 3;
    struct table table = {
        .at = text, .separator = separator_in(text), .next_line = 1};
    marks->separator = table.separator;
    marks->open_end = file.len && file.bytes[file.len - 1] != '\n';
    const char *wrong = take_rows(marks, &table);
    if (wrong)
        snprintf(error, error_size, "%s:%u: %s", path, table.line, wrong);
    free_cells(&table);
    buf_release(&file);
    return !wrong;
}

void marks_release(struct marks *marks)
{
    for (size_t i = 0; i < marks->count; i++)
        free(marks->marks[i].remark);
    free(marks->marks);
    *marks = (struct marks){0};
}

const struct mark *marks_find(const struct marks *marks, const char *id)
{
    for (size_t i = 0; i < marks->count; i++) {
        if (!strcmp(marks->marks[i].id, id))
            return &marks->marks[i];
    }
    return NULL;
}

/* ---- adding ---- */

/* A file that is being added to. */
struct adding {
    const struct marks *marks;
    FILE *file;
    json_t *added; /* ids */
};

static void put_names(const struct adding *adding)
{
    static const char *const names[] = {"id",  "student", "lab",    "question",
                                        "max", "points",  "remark", "answer"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (i)
            fputc(adding->marks->separator, adding->file);
        fputs(names[i], adding->file);
    }
    fputc('\n', adding->file);
}

static void put_line(const struct adding *adding, const json_t *result,
                     const json_t *answer)
{
    const json_t *mark = json_object_get(answer, "mark");
    char separator = adding->marks->separator;
    FILE *file = adding->file;
    struct buf question = {0};

    buf_printf(&question, "%s.%s", grade_report_string(answer, "step"),
               grade_report_string(answer, "question"));
    fprintf(file, "%s%c", grade_report_string(mark, "id"), separator);
    grade_report_csv_cell(grade_report_string(result, "student"), file);
    fputc(separator, file);
    grade_report_csv_cell(grade_report_string(result, "lab"), file);
    fputc(separator, file);
    grade_report_csv_cell(buf_string(&question), file);
    fprintf(file, "%c%lld%c%c%c", separator,
            (long long)json_integer_value(json_object_get(mark, "max")),
            separator, separator, separator);
    grade_report_csv_cell(grade_report_string(answer, "answer"), file);
    fputc('\n', file);
    buf_release(&question);
}

static void add_result(const struct adding *adding, const json_t *result)
{
    size_t i;
    json_t *answer;

    json_array_foreach(json_object_get(result, "answers"), i, answer)
    {
        const char *id =
            grade_report_string(json_object_get(answer, "mark"), "id");

        if (!*id || marks_find(adding->marks, id) ||
            json_object_get(adding->added, id))
            continue;
        json_object_set_new(adding->added, id, json_true());
        put_line(adding, result, answer);
    }
}

int marks_add(const struct marks *marks, const char *path,
              const json_t *results)
{
    struct adding adding = {.marks = marks, .file = fopen(path, "ae")};
    size_t i;
    json_t *result;

    if (!adding.file)
        return -errno;
    adding.added = json_object();
    if (marks->open_end)
        fputc('\n', adding.file);
    if (!marks->there)
        put_names(&adding);
    json_array_foreach(results, i, result) add_result(&adding, result);
    json_decref(adding.added);
    bool good = !ferror(adding.file);
    return fclose(adding.file) == 0 && good ? 0 : -EIO;
}

#include "labs/grade_report.h"

#include "base/buf.h"
#include "base/clock.h"

#include <string.h>
#include <time.h>

int grade_report_points(const json_t *result)
{
    return (int)json_integer_value(json_object_get(result, "points"));
}

int grade_report_max(const json_t *result)
{
    return (int)json_integer_value(json_object_get(result, "max"));
}

int grade_report_unmarked(const json_t *result)
{
    return (int)json_integer_value(json_object_get(result, "unmarked"));
}

const char *grade_report_string(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

const char *grade_report_error(const json_t *result)
{
    return json_string_value(json_object_get(result, "error"));
}

bool grade_report_broken(const json_t *result)
{
    return json_is_true(json_object_get(result, "broken"));
}

void grade_report_stamp(json_t *results, uint64_t wall_ns)
{
    const time_t seconds = (time_t)(wall_ns / CLOCK_NS_PER_S);
    struct tm utc;
    char text[32];
    size_t i;
    json_t *result;

    gmtime_r(&seconds, &utc);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
    json_array_foreach(results, i, result)
        json_object_set_new(result, "graded", json_string(text));
}

const char *grade_report_stamped(const json_t *results)
{
    return grade_report_string(json_array_get(results, 0), "graded");
}

/* "packets 12, 14"; nothing when there are none. An event has the number of the
   packet before it, which is named once. */
static void print_evidence(const json_t *check, const char *before, FILE *to)
{
    const json_t *evidence = json_object_get(check, "evidence");
    size_t i;
    json_t *item;
    struct buf line = {0};
    unsigned count = 0;
    json_int_t last = 0;

    json_array_foreach(evidence, i, item)
    {
        json_int_t number = json_integer_value(item);

        if (number != last)
            buf_printf(&line, "%s %lld", count++ ? "," : "", (long long)number);
        last = number;
    }
    if (count)
        fprintf(to, "%spacket%s%s", before, count > 1 ? "s" : "",
                buf_string(&line));
    buf_release(&line);
}

/* A control character is shown, not sent: as "x1b" behind what stands for a
   backslash. False when it is none. */
static bool put_control(char c, const char *backslash, FILE *to)
{
    if ((unsigned char)c >= 0x20 && c != 0x7f)
        return false;
    fprintf(to, "%sx%02x", backslash, (unsigned)(unsigned char)c);
    return true;
}

/* One line. */
static void print_line(const char *text, FILE *to)
{
    for (const char *c = text; *c; c++) {
        if (!put_control(*c, "\\", to))
            fputc(*c, to);
    }
}

/* Is it a character that XML has no place for, U+FFFE or U+FFFF? */
static bool is_no_character(const char *c)
{
    return !strncmp(c, "\xef\xbf", 2) && (uint8_t)c[2] >= 0xbe;
}

void grade_report_escape(const char *text, FILE *to)
{
    for (const char *c = text; *c; c++) {
        switch (*c) {
        case '<': fputs("&lt;", to); break;
        case '>': fputs("&gt;", to); break;
        case '&': fputs("&amp;", to); break;
        case '"': fputs("&quot;", to); break;
        default:
            if (is_no_character(c)) {
                fputs("\xef\xbf\xbd", to);
                c += 2;
            } else if (!put_control(*c, "\\", to)) {
                fputc(*c, to);
            }
        }
    }
}

/* ---- text ---- */

static const char *sign(const json_t *check)
{
    const json_t *passed = json_object_get(check, "passed");

    return json_is_true(passed) ? "[x]" : json_is_false(passed) ? "[ ]" : "[?]";
}

static void text_check(const json_t *check, FILE *to)
{
    const json_t *cause = json_object_get(check, "cause");

    fprintf(to, "  %s %lld/%lld  %s.%s  ", sign(check),
            (long long)json_integer_value(json_object_get(check, "points")),
            (long long)json_integer_value(json_object_get(check, "max")),
            grade_report_string(check, "step"),
            grade_report_string(check, "name"));
    print_line(grade_report_string(check, "description"), to);
    print_evidence(check, "  ", to);
    fputc('\n', to);
    if (!json_is_object(cause))
        return;
    fputs("        expected: ", to);
    print_line(grade_report_string(cause, "expected"), to);
    fputs("\n        seen:     ", to);
    print_line(grade_report_string(cause, "actual"), to);
    fputc('\n', to);
}

/* Why all check marks together may be more than the points. */
static void text_hints(const json_t *result, FILE *to)
{
    long long hints = json_integer_value(json_object_get(result, "hints"));
    long long cost = -grade_report_points(result);
    size_t i;
    json_t *check;

    if (!hints)
        return;
    json_array_foreach(json_object_get(result, "checks"), i, check) cost +=
        json_integer_value(json_object_get(check, "points"));
    fprintf(to, "  hints opened: %lld", hints);
    if (cost > 0)
        fprintf(to, " (-%lld point%s)", cost, cost == 1 ? "" : "s");
    fputc('\n', to);
}

/* ", 3 to be marked by hand" */
static void print_unmarked(const json_t *result, FILE *to)
{
    if (grade_report_unmarked(result))
        fprintf(to, ", %d to be marked by hand", grade_report_unmarked(result));
}

/* What a person reads and marks. */
static void text_answer(const json_t *answer, FILE *to)
{
    const json_t *mark = json_object_get(answer, "mark");
    const json_t *points = json_object_get(mark, "points");

    if (!json_is_object(mark))
        return;
    fprintf(to, "  %s.%s  ", grade_report_string(answer, "step"),
            grade_report_string(answer, "question"));
    print_line(grade_report_string(answer, "ask"), to);
    fputs("\n        answer:   ", to);
    print_line(grade_report_string(answer, "answer"), to);
    if (json_is_integer(points))
        fprintf(to, "\n        points:   %lld of ",
                (long long)json_integer_value(points));
    else
        fputs("\n        points:   none yet, of ", to);
    fprintf(to, "%lld\n",
            (long long)json_integer_value(json_object_get(mark, "max")));
    if (!*grade_report_string(mark, "remark"))
        return;
    fputs("        remark:   ", to);
    print_line(grade_report_string(mark, "remark"), to);
    fputc('\n', to);
}

void grade_report_text(const json_t *results, FILE *to)
{
    size_t i;
    size_t c;
    json_t *result;
    json_t *check;
    json_t *answer;
    int full = 0;

    json_array_foreach(results, i, result)
    {
        print_line(grade_report_string(result, "file"), to);
        if (grade_report_error(result)) {
            fputs(": not graded: ", to);
            print_line(grade_report_error(result), to);
            fputs("\n\n", to);
            continue;
        }
        fprintf(to, ": %s, lab %s: %d of %d points",
                grade_report_string(result, "student"),
                grade_report_string(result, "lab"), grade_report_points(result),
                grade_report_max(result));
        print_unmarked(result, to);
        fputc('\n', to);
        full += grade_report_points(result) == grade_report_max(result);
        json_array_foreach(json_object_get(result, "checks"), c, check)
            text_check(check, to);
        json_array_foreach(json_object_get(result, "answers"), c, answer)
            text_answer(answer, to);
        text_hints(result, to);
        fputc('\n', to);
    }
    fprintf(to, "%zu hand-in%s, %d with full marks\n", json_array_size(results),
            json_array_size(results) == 1 ? "" : "s", full);
    if (*grade_report_stamped(results))
        fprintf(to, "graded %s\n", grade_report_stamped(results));
}

/* ---- TAP 14 ---- */

/* A description: "#" would begin a directive, "\" escapes. */
static void tap_line(const char *text, FILE *to)
{
    for (const char *c = text; *c; c++) {
        if (*c == '#' || *c == '\\')
            fprintf(to, "\\%c", *c);
        else if (!put_control(*c, "\\\\", to))
            fputc(*c, to);
    }
}

/* A scalar in YAML's double quotes. */
static void yaml_string(const char *key, const char *text, FILE *to)
{
    fprintf(to, "          %s: \"", key);
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(to, "\\%c", *c);
        else if ((unsigned char)*c < 0x20 || *c == 0x7f)
            fprintf(to, "\\x%02x", (unsigned)(unsigned char)*c);
        else
            fputc(*c, to);
    }
    fputs("\"\n", to);
}

static void tap_check(const json_t *check, size_t number, FILE *to)
{
    const json_t *cause = json_object_get(check, "cause");
    const json_t *passed = json_object_get(check, "passed");

    fprintf(to, "        %sok %zu - %s.%s ", json_is_true(passed) ? "" : "not ",
            number, grade_report_string(check, "step"),
            grade_report_string(check, "name"));
    tap_line(grade_report_string(check, "description"), to);
    fputc('\n', to);
    if (!json_is_object(cause))
        return;
    fputs("          ---\n", to);
    yaml_string("result", grade_report_string(check, "result"), to);
    yaml_string("expected", grade_report_string(cause, "expected"), to);
    yaml_string("actual", grade_report_string(cause, "actual"), to);
    fputs("          ...\n", to);
}

static bool all_passed(const json_t *result)
{
    return !grade_report_error(result) &&
           grade_report_points(result) == grade_report_max(result);
}

/* A hand-in of a student, with its checks. */
static void tap_result(const json_t *result, size_t number, FILE *to)
{
    const json_t *checks = json_object_get(result, "checks");
    size_t c;
    json_t *check;

    fputs("    # Subtest: ", to);
    tap_line(grade_report_string(result, "file"), to);
    fprintf(to, "\n        1..%zu\n", json_array_size(checks));
    json_array_foreach(checks, c, check) tap_check(check, c + 1, to);
    fprintf(to, "    %sok %zu - ", all_passed(result) ? "" : "not ", number);
    tap_line(grade_report_string(result, "file"), to);
    if (grade_report_error(result)) {
        fputs(" not graded: ", to);
        tap_line(grade_report_error(result), to);
    } else {
        fputs(" lab ", to);
        tap_line(grade_report_string(result, "lab"), to);
        fprintf(to, ", %d of %d points", grade_report_points(result),
                grade_report_max(result));
        print_unmarked(result, to);
    }
    fputc('\n', to);
}

/* The results by student, in the order in which each came first: {student:
   [result, ...]}. */
static json_t *by_student(const json_t *results)
{
    json_t *students = json_object();
    size_t i;
    json_t *result;

    json_array_foreach(results, i, result)
    {
        const char *name = grade_report_string(result, "student");

        if (!json_object_get(students, name))
            json_object_set_new(students, name, json_array());
        json_array_append(json_object_get(students, name), result);
    }
    return students;
}

/* A student, with their hand-ins. */
static void tap_student(const char *name, const json_t *results, size_t number,
                        FILE *to)
{
    bool all = true;
    size_t i;
    json_t *result;

    if (!*name)
        name = "nobody known";
    fputs("# Subtest: ", to);
    tap_line(name, to);
    fprintf(to, "\n    1..%zu\n", json_array_size(results));
    json_array_foreach(results, i, result)
    {
        tap_result(result, i + 1, to);
        all = all && all_passed(result);
    }
    fprintf(to, "%sok %zu - ", all ? "" : "not ", number);
    tap_line(name, to);
    fputc('\n', to);
}

void grade_report_tap(const json_t *results, FILE *to)
{
    json_t *students = by_student(results);
    size_t number = 0;
    const char *name;
    json_t *theirs;

    fprintf(to, "TAP version 14\n1..%zu\n", json_object_size(students));
    if (*grade_report_stamped(results))
        fprintf(to, "# graded %s\n", grade_report_stamped(results));
    json_object_foreach(students, name, theirs)
        tap_student(name, theirs, ++number, to);
    json_decref(students);
}

/* ---- JSON and CSV ---- */

void grade_report_json(const json_t *results, FILE *to)
{
    json_dumpf(results, to, JSON_INDENT(2) | JSON_SORT_KEYS);
    fputc('\n', to);
}

void grade_report_csv_cell(const char *text, FILE *to)
{
    fputc('"', to);
    if (*text && strchr("=+-@", *text))
        fputc('\'', to);
    for (const char *c = text; *c; c++) {
        if (*c == '"')
            fputc('"', to);
        if (!put_control(*c, "\\", to))
            fputc(*c, to);
    }
    fputc('"', to);
}

/* A column for each step of each lab that there is, in their order:
   {lab, step}. */
static json_t *step_columns(const json_t *results)
{
    json_t *columns = json_array();
    json_t *known = json_object(); /* lab, line feed, step */
    size_t i;
    size_t c;
    json_t *result;
    json_t *check;

    json_array_foreach(results, i, result)
    {
        json_array_foreach(json_object_get(result, "checks"), c, check)
        {
            const char *lab = grade_report_string(result, "lab");
            const char *step = grade_report_string(check, "step");
            struct buf key = {0};

            buf_printf(&key, "%s\n%s", lab, step);
            if (!json_object_get(known, buf_string(&key))) {
                json_object_set_new(known, buf_string(&key), json_true());
                json_array_append_new(
                    columns, json_pack("{s:s, s:s}", "lab", lab, "step", step));
            }
            buf_release(&key);
        }
    }
    json_decref(known);
    return columns;
}

/* "STEP" where there is one lab, else "LAB STEP". */
static void csv_step_names(const json_t *columns, FILE *to)
{
    const char *first = grade_report_string(json_array_get(columns, 0), "lab");
    bool one_lab = true;
    size_t i;
    json_t *column;

    json_array_foreach(columns, i, column) one_lab =
        one_lab && !strcmp(grade_report_string(column, "lab"), first);
    json_array_foreach(columns, i, column)
    {
        struct buf name = {0};

        if (!one_lab)
            buf_printf(&name, "%s ", grade_report_string(column, "lab"));
        buf_append_string(&name, grade_report_string(column, "step"));
        grade_report_csv_cell(buf_string(&name), to);
        fputc(',', to);
        buf_release(&name);
    }
}

/* Points of a step; nothing when the hand-in has no such step. */
static void csv_step(const json_t *result, const json_t *column, FILE *to)
{
    const char *step = grade_report_string(column, "step");
    bool there = false;
    long long points = 0;
    size_t c;
    json_t *check;

    if (!strcmp(grade_report_string(result, "lab"),
                grade_report_string(column, "lab"))) {
        json_array_foreach(json_object_get(result, "checks"), c, check)
        {
            if (strcmp(grade_report_string(check, "step"), step) != 0)
                continue;
            there = true;
            points += json_integer_value(json_object_get(check, "points"));
        }
    }
    if (there)
        fprintf(to, "%lld", points);
    fputc(',', to);
}

static void csv_result(const json_t *result, const json_t *columns, FILE *to)
{
    const char *error = grade_report_error(result);
    const char *graded = grade_report_string(result, "graded");
    size_t i;
    json_t *column;

    grade_report_csv_cell(grade_report_string(result, "student"), to);
    fputc(',', to);
    grade_report_csv_cell(grade_report_string(result, "lab"), to);
    fprintf(to, ",%d,%d,%d,%lld,%lld,%lld,", grade_report_points(result),
            grade_report_max(result), grade_report_unmarked(result),
            (long long)json_integer_value(json_object_get(result, "hints")),
            (long long)json_integer_value(json_object_get(result, "resets")),
            (long long)json_integer_value(json_object_get(result, "seconds")));
    json_array_foreach(columns, i, column) csv_step(result, column, to);
    grade_report_csv_cell(grade_report_string(result, "file"), to);
    fputc(',', to);
    grade_report_csv_cell(error ? error : "", to);
    if (*graded)
        fprintf(to, ",%s", graded);
    fputc('\n', to);
}

void grade_report_csv(const json_t *results, FILE *to)
{
    json_t *columns = step_columns(results);
    size_t i;
    json_t *result;

    fputs("student,lab,points,max,unmarked,hints,resets,seconds,", to);
    csv_step_names(columns, to);
    fputs(*grade_report_stamped(results) ? "file,error,graded\n"
                                         : "file,error\n",
          to);
    json_array_foreach(results, i, result) csv_result(result, columns, to);
    json_decref(columns);
}

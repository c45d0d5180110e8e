#include "labs/grade_report.h"

#include "base/buf.h"

#include <string.h>

int grade_report_points(const json_t *result)
{
    return (int)json_integer_value(json_object_get(result, "points"));
}

int grade_report_max(const json_t *result)
{
    return (int)json_integer_value(json_object_get(result, "max"));
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

/* "packets 12, 14"; nothing when there are none. */
static void print_evidence(const json_t *check, const char *before, FILE *to)
{
    const json_t *evidence = json_object_get(check, "evidence");
    size_t i;
    json_t *number;

    if (!json_array_size(evidence))
        return;
    fprintf(to, "%spacket%s", before, json_array_size(evidence) > 1 ? "s" : "");
    json_array_foreach(evidence, i, number) fprintf(
        to, "%s %lld", i ? "," : "", (long long)json_integer_value(number));
}

/* One line: control characters are shown, not sent. */
static void print_line(const char *text, FILE *to)
{
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            fprintf(to, "\\x%02x", (unsigned)(unsigned char)*c);
        else
            fputc(*c, to);
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

void grade_report_text(const json_t *results, FILE *to)
{
    size_t i;
    size_t c;
    json_t *result;
    json_t *check;
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
        fprintf(to, ": %s, lab %s: %d of %d points\n",
                grade_report_string(result, "student"),
                grade_report_string(result, "lab"), grade_report_points(result),
                grade_report_max(result));
        full += grade_report_points(result) == grade_report_max(result);
        json_array_foreach(json_object_get(result, "checks"), c, check)
            text_check(check, to);
        fputc('\n', to);
    }
    fprintf(to, "%zu hand-in%s, %d with full marks\n", json_array_size(results),
            json_array_size(results) == 1 ? "" : "s", full);
}

/* ---- TAP 14 ---- */

/* A description: "#" would begin a directive, "\" escapes. */
static void tap_line(const char *text, FILE *to)
{
    for (const char *c = text; *c; c++) {
        if (*c == '#' || *c == '\\')
            fprintf(to, "\\%c", *c);
        else if ((unsigned char)*c < 0x20 || *c == 0x7f)
            fprintf(to, "\\\\x%02x", (unsigned)(unsigned char)*c);
        else
            fputc(*c, to);
    }
}

/* A scalar in YAML's double quotes. */
static void yaml_string(const char *key, const char *text, FILE *to)
{
    fprintf(to, "      %s: \"", key);
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

    fprintf(to, "    %sok %zu - %s.%s ", json_is_true(passed) ? "" : "not ",
            number, grade_report_string(check, "step"),
            grade_report_string(check, "name"));
    tap_line(grade_report_string(check, "description"), to);
    fputc('\n', to);
    if (!json_is_object(cause))
        return;
    fputs("      ---\n", to);
    yaml_string("result", grade_report_string(check, "result"), to);
    yaml_string("expected", grade_report_string(cause, "expected"), to);
    yaml_string("actual", grade_report_string(cause, "actual"), to);
    fputs("      ...\n", to);
}

static bool all_passed(const json_t *result)
{
    return !grade_report_error(result) &&
           grade_report_points(result) == grade_report_max(result);
}

void grade_report_tap(const json_t *results, FILE *to)
{
    size_t i;
    size_t c;
    json_t *result;
    json_t *check;

    fprintf(to, "TAP version 14\n1..%zu\n", json_array_size(results));
    json_array_foreach(results, i, result)
    {
        const json_t *checks = json_object_get(result, "checks");

        fputs("# Subtest: ", to);
        tap_line(grade_report_string(result, "file"), to);
        fprintf(to, "\n    1..%zu\n", json_array_size(checks));
        json_array_foreach(checks, c, check) tap_check(check, c + 1, to);
        fprintf(to, "%sok %zu - ", all_passed(result) ? "" : "not ", i + 1);
        tap_line(grade_report_string(result, "file"), to);
        if (grade_report_error(result)) {
            fputs(" not graded: ", to);
            tap_line(grade_report_error(result), to);
        } else {
            fprintf(to, " %d of %d points", grade_report_points(result),
                    grade_report_max(result));
        }
        fputc('\n', to);
    }
}

/* ---- JUnit XML ---- */

static void xml_text(const char *text, FILE *to)
{
    for (const char *c = text; *c; c++) {
        switch (*c) {
        case '<': fputs("&lt;", to); break;
        case '>': fputs("&gt;", to); break;
        case '&': fputs("&amp;", to); break;
        case '"': fputs("&quot;", to); break;
        default:
            if ((unsigned char)*c < 0x20 || *c == 0x7f)
                fprintf(to, "\\x%02x", (unsigned)(unsigned char)*c);
            else
                fputc(*c, to);
        }
    }
}

static void xml_attribute(const char *name, const char *value, FILE *to)
{
    fprintf(to, " %s=\"", name);
    xml_text(value, to);
    fputc('"', to);
}

static void junit_check(const json_t *result, const json_t *check, FILE *to)
{
    const json_t *passed = json_object_get(check, "passed");
    const json_t *cause = json_object_get(check, "cause");
    struct buf name = {0};

    buf_printf(&name, "%s.%s", grade_report_string(check, "step"),
               grade_report_string(check, "name"));
    fputs("    <testcase", to);
    xml_attribute("classname", grade_report_string(result, "lab"), to);
    xml_attribute("name", buf_string(&name), to);
    buf_release(&name);
    if (json_is_true(passed)) {
        fputs(" time=\"0\"/>\n", to);
        return;
    }
    fputs(" time=\"0\">\n", to);
    fputs(json_is_null(passed) ? "      <error" : "      <failure", to);
    xml_attribute("message", grade_report_string(cause, "actual"), to);
    fputs(">expected: ", to);
    xml_text(grade_report_string(cause, "expected"), to);
    fputs(json_is_null(passed) ? "</error>\n" : "</failure>\n", to);
    fputs("    </testcase>\n", to);
}

static void junit_counts(const json_t *result, size_t counts[3])
{
    size_t c;
    json_t *check;

    json_array_foreach(json_object_get(result, "checks"), c, check)
    {
        const json_t *passed = json_object_get(check, "passed");

        counts[0]++;
        counts[1] += json_is_false(passed);
        counts[2] += json_is_null(passed);
    }
    if (grade_report_error(result)) {
        counts[0]++;
        counts[2]++;
    }
}

static void junit_suite(const json_t *result, FILE *to)
{
    size_t counts[3] = {0};
    size_t c;
    json_t *check;

    junit_counts(result, counts);
    fputs("  <testsuite", to);
    xml_attribute("name", grade_report_string(result, "file"), to);
    fprintf(to, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" time=\"0\">\n",
            counts[0], counts[1], counts[2]);
    json_array_foreach(json_object_get(result, "checks"), c, check)
        junit_check(result, check, to);
    if (grade_report_error(result)) {
        fputs("    <testcase classname=\"grade\" name=\"hand-in\" time=\"0\">\n"
              "      <error",
              to);
        xml_attribute("message", grade_report_error(result), to);
        fputs("/>\n    </testcase>\n", to);
    }
    fputs("  </testsuite>\n", to);
}

void grade_report_junit(const json_t *results, FILE *to)
{
    size_t counts[3] = {0};
    size_t i;
    json_t *result;

    json_array_foreach(results, i, result) junit_counts(result, counts);
    fprintf(to,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites name=\"mqttlab\" tests=\"%zu\" failures=\"%zu\" "
            "errors=\"%zu\" time=\"0\">\n",
            counts[0], counts[1], counts[2]);
    json_array_foreach(results, i, result) junit_suite(result, to);
    fputs("</testsuites>\n", to);
}

/* ---- JSON and CSV ---- */

void grade_report_json(const json_t *results, FILE *to)
{
    json_dumpf(results, to, JSON_INDENT(2) | JSON_SORT_KEYS);
    fputc('\n', to);
}

/* Quoted; what a spreadsheet would take for a formula gets a "'" in front. */
static void csv_cell(const char *text, FILE *to)
{
    fputc('"', to);
    if (*text && strchr("=+-@", *text))
        fputc('\'', to);
    for (const char *c = text; *c; c++) {
        if (*c == '"')
            fputc('"', to);
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            fprintf(to, "\\x%02x", (unsigned)(unsigned char)*c);
        else
            fputc(*c, to);
    }
    fputc('"', to);
}

/* Points by step: "pub=2/3 sub=4/4", steps in the order of the lab. */
static void csv_steps(const json_t *result, FILE *to)
{
    const json_t *checks = json_object_get(result, "checks");
    struct buf cell = {0};

    for (size_t i = 0; i < json_array_size(checks);) {
        const char *step =
            grade_report_string(json_array_get(checks, i), "step");
        long long points = 0;
        long long max = 0;

        for (; i < json_array_size(checks); i++) {
            const json_t *check = json_array_get(checks, i);

            if (strcmp(grade_report_string(check, "step"), step) != 0)
                break;
            points += json_integer_value(json_object_get(check, "points"));
            max += json_integer_value(json_object_get(check, "max"));
        }
        buf_printf(&cell, "%s%s=%lld/%lld", cell.len ? " " : "", step, points,
                   max);
    }
    csv_cell(buf_string(&cell), to);
    buf_release(&cell);
}

void grade_report_csv(const json_t *results, FILE *to)
{
    size_t i;
    json_t *result;

    fputs("student,lab,points,max,hints,resets,steps,file,error\n", to);
    json_array_foreach(results, i, result)
    {
        csv_cell(grade_report_string(result, "student"), to);
        fputc(',', to);
        csv_cell(grade_report_string(result, "lab"), to);
        fprintf(
            to, ",%d,%d,%lld,%lld,", grade_report_points(result),
            grade_report_max(result),
            (long long)json_integer_value(json_object_get(result, "hints")),
            (long long)json_integer_value(json_object_get(result, "resets")));
        csv_steps(result, to);
        fputc(',', to);
        csv_cell(grade_report_string(result, "file"), to);
        fputc(',', to);
        csv_cell(grade_report_error(result) ? grade_report_error(result) : "",
                 to);
        fputc('\n', to);
    }
}

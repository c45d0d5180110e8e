#include "labs/grade_junit.h"

#include "base/buf.h"
#include "labs/grade_report.h"

#include <string.h>

static void xml_attribute(const char *name, const char *value, FILE *to)
{
    fprintf(to, " %s=\"", name);
    grade_report_escape(value, to);
    fputc('"', to);
}

/* Neither a failure nor an error: somebody has still to read it. */
static bool is_unmarked(const json_t *check)
{
    return !strcmp(grade_report_string(check, "result"), "unmarked");
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
    if (is_unmarked(check)) {
        fputs("      <skipped message=\"to be marked by hand\"/>\n"
              "    </testcase>\n",
              to);
        return;
    }
    fputs(json_is_null(passed) ? "      <error" : "      <failure", to);
    xml_attribute("message", grade_report_string(cause, "actual"), to);
    fputs(">expected: ", to);
    grade_report_escape(grade_report_string(cause, "expected"), to);
    fputs(json_is_null(passed) ? "</error>\n" : "</failure>\n", to);
    fputs("    </testcase>\n", to);
}

struct counts {
    size_t tests;
    size_t failures;
    size_t errors;
};

static void count(const json_t *result, struct counts *counts)
{
    size_t c;
    json_t *check;

    json_array_foreach(json_object_get(result, "checks"), c, check)
    {
        const json_t *passed = json_object_get(check, "passed");

        counts->tests++;
        counts->failures += json_is_false(passed);
        counts->errors += json_is_null(passed) && !is_unmarked(check);
    }
    if (grade_report_error(result)) {
        counts->tests++;
        counts->errors++;
    }
}

static void junit_suite(const json_t *result, FILE *to)
{
    struct counts counts = {0};
    size_t c;
    json_t *check;

    count(result, &counts);
    fputs("  <testsuite", to);
    xml_attribute("name", grade_report_string(result, "file"), to);
    if (*grade_report_string(result, "graded"))
        xml_attribute("timestamp", grade_report_string(result, "graded"), to);
    fprintf(to, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" time=\"0\">\n",
            counts.tests, counts.failures, counts.errors);
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

void grade_junit(const json_t *results, FILE *to)
{
    struct counts counts = {0};
    size_t i;
    json_t *result;

    json_array_foreach(results, i, result) count(result, &counts);
    fprintf(to,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites name=\"mqttlab\" tests=\"%zu\" failures=\"%zu\" "
            "errors=\"%zu\" time=\"0\">\n",
            counts.tests, counts.failures, counts.errors);
    json_array_foreach(results, i, result) junit_suite(result, to);
    fputs("</testsuites>\n", to);
}

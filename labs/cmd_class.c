/*
 * mqttlab class: values of a class's own, for exams.
 */
#include "labs/commands.h"

#include "base/alloc.h"
#include "labs/class_key.h"
#include "labs/workspace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_GOOD = 0, EXIT_FAILED = 1, EXIT_USAGE = 3 };

static void usage(FILE *to)
{
    fputs("Usage: mqttlab class new KEY          make the key of a class\n"
          "       mqttlab class seal KEY ID...   make ID.sealed for each "
          "student\n"
          "       mqttlab class join FILE        work with the values of a "
          "sealed file\n\n"
          "The key stays with the lecturer; mqttlab grade --class KEY marks "
          "by it.\n",
          to);
}

static int explain(const char *path, int result)
{
    if (result)
        fprintf(stderr, "mqttlab class: %s: %s\n", path, strerror(-result));
    return result ? EXIT_FAILED : EXIT_GOOD;
}

static int seal(const char *key, const char *student)
{
    char secret[CLASS_KEY_SIZE];
    char *path = alloc_printf("%s.sealed", student);
    int status = EXIT_USAGE;

    class_key_secret(secret, key, student);
    if (workspace_student_valid(student))
        status = explain(path, class_key_write_sealed(path, student, secret));
    else
        fprintf(stderr, "mqttlab class: this is no student id: %s\n", student);
    free(path);
    return status;
}

static int seal_all(const char *path, char *const *students, int count)
{
    char key[CLASS_KEY_SIZE];
    char error[400];
    int status = EXIT_GOOD;

    if (!class_key_read(key, path, error, sizeof(error))) {
        fprintf(stderr, "mqttlab class: %s\n", error);
        return EXIT_FAILED;
    }
    for (int i = 0; i < count && !status; i++)
        status = seal(key, students[i]);
    return status;
}

static int join(const char *path)
{
    char secret[CLASS_KEY_SIZE];
    char error[400];
    char *student;
    int status = EXIT_FAILED;

    if (!class_key_read_sealed(&student, secret, path, error, sizeof(error))) {
        fprintf(stderr, "mqttlab class: %s\n", error);
    } else {
        status = explain(path, workspace_join(student, secret));
        if (!status)
            printf(
                "You are %s. Labs that you begin from now on have the values "
                "of this file.\n",
                student);
    }
    free(student);
    return status;
}

int cmd_class(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";

    if (!strcmp(verb, "--help") || !strcmp(verb, "-h")) {
        usage(stdout);
        return EXIT_GOOD;
    }
    if (!strcmp(verb, "new") && argc == 3)
        return explain(argv[2], class_key_new(argv[2]));
    if (!strcmp(verb, "seal") && argc > 3)
        return seal_all(argv[2], argv + 3, argc - 3);
    if (!strcmp(verb, "join") && argc == 3)
        return join(argv[2]);
    usage(stderr);
    return EXIT_USAGE;
}

/*
 * The packets of tests/packets/dissect.txt, each with its tree of fields.
 */
#ifndef UNIT_DISSECT_CASES_H
#define UNIT_DISSECT_CASES_H

#include "wire/dissect.h"

struct dissect_case {
    char name[80];
    unsigned version;
    bool from_client;
    uint8_t bytes[512];
    size_t len;
    char *tree; /* owned */
};

struct dissect_cases {
    struct dissect_case *cases; /* owned */
    size_t count;
};

/* Fails the test when the file cannot be read. */
void dissect_cases_load(struct dissect_cases *all);
void dissect_cases_release(struct dissect_cases *all);

/* The tree of a dissection, as it is written in the file. */
char *dissect_cases_tree(const struct dissection *dissection);

#endif

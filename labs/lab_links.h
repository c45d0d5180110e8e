/*
 * The links in a lab's text, looked at by who writes it.
 */
#ifndef LABS_LAB_LINKS_H
#define LABS_LAB_LINKS_H

#include "labs/lab.h"

/* Append the links to files that are not there, as they are named from the
   lab's folder. What has a scheme (https:) or is a place in the lab (#...) is
   left. */
void lab_links_check(const struct lab *lab, struct lab_problems *problems);

#endif

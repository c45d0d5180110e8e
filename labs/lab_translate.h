/*
 * A lab in another language: labs/01-x.de.md beside labs/01-x.md.
 *
 * A translation has headings and texts only. What the program works with,
 * checks above all, is the original's, so it gives the same points; and what is
 * not translated is shown as in the original. docs/labs.md says how it is
 * written.
 */
#ifndef LABS_LAB_TRANSLATE_H
#define LABS_LAB_TRANSLATE_H

#include "labs/lab.h"

/*
 * The language that the user wants, two letters from MQTTLAB_LANG, LC_ALL,
 * LC_MESSAGES or LANG, whichever is set first; "" when it is none. Written into
 * language.
 */
void lab_translate_language(char language[3]);

/* Put the texts of the lab's translation into it, if there is one. */
void lab_translate(struct lab *lab, const char *language);

/*
 * Tell what is wrong with each translation of the lab: steps that the original
 * does not have, commands that differ from its, texts that were translated
 * before the original changed.
 */
void lab_translate_check(const struct lab *lab, struct lab_problems *problems);

#endif

/*
 * The words of one line of a script, looked at before anything is played, and
 * then.
 */
#ifndef CLIENT_PLAY_WORDS_H
#define CLIENT_PLAY_WORDS_H

#include "client/play_script.h"

/*
 * What is wrong with the words behind a line's deed, of which there are as many
 * as it needs: a topic that is none, a QoS of 3, an unknown word. NULL:
 * nothing. What stands in {braces} is taken on trust.
 */
const char *play_words_wrong(const struct play_line *line);

/* What stands behind an option of the line, as many words as it takes; NULL
   when it is not there. */
char *const *play_words_behind(const struct play_line *line, const char *name);

#endif

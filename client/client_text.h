/*
 * Text that holds words of others - arguments, topics, identifiers - on its way
 * to a terminal: control characters are written as \xNN, so that none of them
 * moves the cursor or forges a line.
 */
#ifndef CLIENT_CLIENT_TEXT_H
#define CLIENT_CLIENT_TEXT_H

#include <stdio.h>

/*
 * Print text. The ends of line at its very end stay what they are; any other
 * control character is written out.
 */
void client_text_print(FILE *to, const char *text);

#endif

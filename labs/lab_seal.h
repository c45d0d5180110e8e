/*
 * A lab as students get it: with the answers of its questions hashed, so that
 * who reads the file does not find them there.
 */
#ifndef LABS_LAB_SEAL_H
#define LABS_LAB_SEAL_H

/*
 * The text of a lab with "answer: mqtt | MQTT 5" become "answer: scrypt:SALT:HASH |
 * scrypt:SALT:HASH", and all else as it was. What is a student's own ({{...}}),
 * a field's value or for a person to judge stays. The same text is sealed in
 * the same way each time. Owned by the caller.
 */
char *lab_seal(const char *text);

#endif

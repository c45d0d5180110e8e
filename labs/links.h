/*
 * A folder of links by which this program is the ones that lectures use:
 * mosquitto, its clients and its tool for passwords, and mqttlab itself.
 */
#ifndef LABS_LINKS_H
#define LABS_LINKS_H

/*
 * Make the folder, if it is not there, and the links in it anew: what they
 * point to may have moved. Returns 0 or a negative errno.
 */
int links_make(const char *folder);

/* PATH with the folder in front. Owned by the caller. */
char *links_path(const char *folder);

#endif

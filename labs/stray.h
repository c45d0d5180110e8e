/*
 * A command that is typed in the folder of another lab than the one that is
 * open.
 */
#ifndef LABS_STRAY_H
#define LABS_STRAY_H

/*
 * Say so on stderr, with the folder that is meant, when the present one belongs
 * to a lab that no program has open while another lab is. A shell stays in the
 * folder of the lab for which it was begun, and what it overwrites there was
 * done for that lab.
 */
void stray_warn(void);

#endif

/* Where the cycle model starts and stops counting: two functions that do nothing but have addresses. */
#ifndef LARUN_MARKS_H
#define LARUN_MARKS_H

void larun_cycles_start(void);
void larun_cycles_stop(void);

#endif

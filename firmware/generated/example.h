/* Written by `python -m serving.export`; do not edit. A simulated transit, one sector, 1 % deep. */
#ifndef LARUN_EXAMPLE_H
#define LARUN_EXAMPLE_H

#include "network.h"

extern const larun_inputs larun_example;

#endif

/* Written by `python -m serving.export`; do not edit.
 * Network: student-int8.tflite, SHA-256 d5ad92e6a94b918b8c487068200a84fcfbe67b8f7681f265d6f2c465b95551f8
 */
#ifndef LARUN_NETWORK_H
#define LARUN_NETWORK_H

#include <stdint.h>

#define LARUN_NETWORK_SHA256 "d5ad92e6a94b918b8c487068200a84fcfbe67b8f7681f265d6f2c465b95551f8"
#define LARUN_CLASSES 6

/* An input is round(x / scale) + zero, cut at -128 and 127. */
#define LARUN_GLOBAL_SIZE 603
#define LARUN_GLOBAL_SCALE 0.0117647061f
#define LARUN_GLOBAL_ZERO (-43)
#define LARUN_LOCAL_SIZE 122
#define LARUN_LOCAL_SCALE 0.0117647061f
#define LARUN_LOCAL_ZERO (-43)
#define LARUN_SCALARS_SIZE 25
#define LARUN_SCALARS_SCALE 0.0313725509f
#define LARUN_SCALARS_ZERO (-1)
#define LARUN_SECONDARY_SIZE 122
#define LARUN_SECONDARY_SCALE 0.0117647061f
#define LARUN_SECONDARY_ZERO (-43)

/* Arrays end on a multiple of four bytes; what is behind an input's size is not used. */
typedef struct {
  int8_t global[604] __attribute__((aligned(4)));
  int8_t local[124] __attribute__((aligned(4)));
  int8_t scalars[28] __attribute__((aligned(4)));
  int8_t secondary[124] __attribute__((aligned(4)));
} larun_inputs;

/* A probability is (value + 128) / 256. A logit is (value - LARUN_LOGIT_ZERO) * LARUN_LOGIT_SCALE. */
#define LARUN_LOGIT_SCALE 0.150467575f
#define LARUN_LOGIT_ZERO (-7)
typedef struct {
  int8_t probabilities[LARUN_CLASSES];
  int8_t logits[LARUN_CLASSES];
} larun_answer;

#define LARUN_CLASS_NAMES {"planet", "eb", "beb", "variable", "artifact", "no_signal"}

/* Not re-entrant: it works in one static block of memory. */
void larun_classify(const larun_inputs *inputs, larun_answer *answer);

#endif

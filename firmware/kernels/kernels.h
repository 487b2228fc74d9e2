/* int8 kernels of the student network, with the arithmetic of the TensorFlow Lite reference kernels, byte for byte.
 *
 * Activations are int8, channels last. Nothing is allocated; the caller gives every buffer.
 */
#ifndef LARUN_KERNELS_H
#define LARUN_KERNELS_H

#include <stdint.h>

/* From a sum to an output, for one channel: multiply by `multiplier` 2^(left - 32), divide by 2^right with halves away
 * from zero, add the output's zero point. `nudge` holds half of 2^right and the zero point times 2^right; `away` is 1
 * where there is a division to round. `bias` has the input's zero point times the sum of the weights taken off. */
typedef struct {
  int32_t bias;
  int32_t multiplier;
  int32_t nudge;
  uint8_t left;
  uint8_t right;
  uint8_t away;
  uint8_t unused;
} larun_channel;

/* A convolution along one axis. Weights are [outputs / 2][window][2][4]: for two channels in turn four weights each,
 * `window` the number of such fours, kernel times padded channels rounded up. */
typedef struct {
  const int8_t *weights;
  const larun_channel *channels;
  uint16_t inputs;        /* channels of the input */
  uint16_t padded_inputs; /* the same, rounded up to a multiple of four */
  uint16_t outputs;       /* even */
  uint16_t length;        /* positions of the input */
  uint16_t positions;     /* of the output */
  uint16_t stride;
  uint16_t before;        /* positions of padding in front */
  uint16_t after;         /* and behind */
  uint16_t window;
  int8_t zero;            /* zero point of the input */
  uint8_t ordinary;       /* every channel has left 1 and right above 0 */
} larun_convolution;

/* scratch: (before + length + after) * padded_inputs halfwords, word-aligned. */
void larun_convolve(const larun_convolution *layer, const int8_t *input, int16_t *scratch, int8_t *output);

typedef struct {
  const int8_t *weights;         /* as above with kernel 1 */
  const larun_channel *channels;
  uint16_t inputs;
  uint16_t outputs; /* as they come: where odd, the weights have one row of zeros more */
  uint16_t window;
} larun_dense;

/* input: read in words, up to the next multiple of four; the bytes behind its end meet weights that are zero. */
void larun_connect(const larun_dense *layer, const int8_t *input, int8_t *output);

/* table_a[a + 128] and table_b[b + 128]: twice the inputs in a common scale, 20 bits up. Then as for a channel. */
typedef struct {
  const int32_t *table_a, *table_b;
  int32_t multiplier, nudge;
  int32_t right; /* above 0 */
} larun_sum;

void larun_add(const larun_sum *layer, const int8_t *a, const int8_t *b, int8_t *output, int32_t size);

/* Each position of `a` (positions × channels) times the same `b` (channels). */
typedef struct {
  int32_t multiplier, nudge;
  int16_t zero_a, zero_b;
  uint8_t left, right, away;
  uint16_t positions, channels;
} larun_product;

void larun_multiply(const larun_product *layer, const int8_t *a, const int8_t *b, int8_t *output);

/* Mean over the positions, for each channel. */
typedef struct {
  int32_t multiplier;
  int16_t zero_in, zero;
  uint8_t left, right;
  uint16_t positions, channels;
} larun_mean_layer;

void larun_mean(const larun_mean_layer *layer, const int8_t *input, int8_t *output);

/* output = table[input + 128] */
void larun_look_up(const int8_t table[256], const int8_t *input, int8_t *output, int32_t size);

/* A ReLU whose zero is not the least int8, after a kernel that left it out. */
void larun_clamp(int8_t low, int8_t high, int8_t *values, int32_t size);

/* exponentials[d] = exp(-d scale) 2^31 for differences d to the largest input, 0 where the reference leaves it out. */
void larun_softmax(const int32_t exponentials[256], const int8_t *input, int8_t *output, int32_t size);

#endif

/* Fixed-point arithmetic as TensorFlow Lite defines it (gemmlowp, fixedpoint.h), in the fewest instructions. */
#ifndef LARUN_ARITHMETIC_H
#define LARUN_ARITHMETIC_H

#include "kernels.h"
#include "simd.h"

/* SaturatingRoundingDoublingHighMul: (a b + 2^30) >> 31. For |a| < 2^30, which sums of int8 products never reach. */
static inline int32_t doubled_high_product(int32_t a, int32_t b) { return high_product((int32_t)((uint32_t)a << 1), b); }

/* RoundingDivideByPOT: x / 2^exponent, halves away from zero. */
static inline int32_t divided(int32_t x, int exponent) {
  if (exponent == 0) {
    return x;
  }
  return (x + (1 << (exponent - 1)) + (x >> 31)) >> exponent;
}

/* MultiplyByQuantizedMultiplier */
static inline int32_t scaled(int32_t x, int32_t multiplier, int left, int right) {
  return divided(high_product((int32_t)((uint32_t)x << (left + 1)), multiplier), right);
}

/* One channel at two positions; `ordinary`: left is 1 and right is not 0, as for nearly every layer. */
static inline __attribute__((always_inline)) void two_outputs(const larun_channel *channel, int32_t first,
                                                              int32_t second, int8_t *output, int row, int ordinary) {
  int32_t multiplier = channel->multiplier, nudge = channel->nudge;
  int right = channel->right;
  if (ordinary) {
    int32_t x = doubled_high_product(first, multiplier), y = doubled_high_product(second, multiplier);
    x -= (int32_t)((uint32_t)x >> 31);
    y -= (int32_t)((uint32_t)y >> 31);
    output[0] = saturated((x + nudge) >> right);
    output[row] = saturated((y + nudge) >> right);
  } else {
    int left = channel->left;
    int32_t x = high_product((int32_t)((uint32_t)first << left), multiplier);
    int32_t y = high_product((int32_t)((uint32_t)second << left), multiplier);
    x -= (int32_t)(((uint32_t)x >> 31) & channel->away);
    y -= (int32_t)(((uint32_t)y >> 31) & channel->away);
    output[0] = saturated((x + nudge) >> right);
    output[row] = saturated((y + nudge) >> right);
  }
}

static inline int8_t channel_output(const larun_channel *channel, int32_t sum) {
  int32_t x = high_product((int32_t)((uint32_t)sum << channel->left), channel->multiplier);
  x = x + channel->nudge - (int32_t)(((uint32_t)x >> 31) & channel->away);
  return saturated(x >> channel->right);
}

#endif

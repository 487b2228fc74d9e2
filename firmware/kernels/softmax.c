/* Softmax in fixed point, as the TensorFlow Lite reference computes it; the exponentials come from a table. */
#include "arithmetic.h"

/* SaturatingRoundingDoublingHighMul for any a and b but both -2^31. */
static int32_t product(int32_t a, int32_t b) { return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31); }

/* As `divided`, for numbers up to 2^31 - 1, to which a half cannot be added in 32 bits. */
static int32_t rounded(int32_t x, int exponent) {
  return (int32_t)(((int64_t)x + ((int64_t)1 << (exponent - 1)) + (x >> 31)) >> exponent);
}

static int32_t shifted_up(int32_t x, int bits) {
  int64_t y = (int64_t)x * (1 << bits);
  return (int32_t)(y > INT32_MAX ? INT32_MAX : y < INT32_MIN ? INT32_MIN : y);
}

/* 1 / (1 + x) for x in [0, 1], Q0.31, by three steps of Newton and Raphson (gemmlowp). */
static int32_t one_over_one_plus(int32_t x) {
  int32_t half_denominator = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);
  int32_t estimate = 1515870810 + product(half_denominator, -1010580540); /* 48/17 - 32/17 d, Q2.29 */
  for (int step = 0; step < 3; step++) {
    int32_t rest = (1 << 29) - product(half_denominator, estimate);
    estimate += shifted_up(product(estimate, rest), 2);
  }
  return shifted_up(estimate, 1);
}

void larun_softmax(const int32_t exponentials[256], const int8_t *input, int8_t *output, int32_t size) {
  int8_t most = -128;
  for (int32_t n = 0; n < size; n++) {
    most = input[n] > most ? input[n] : most;
  }
  int32_t sum = 0; /* Q12.19 */
  for (int32_t n = 0; n < size; n++) {
    sum += rounded(exponentials[most - input[n]], 12);
  }
  int zeros = 0;
  for (uint32_t bits = (uint32_t)sum; !(bits & 0x80000000u); bits <<= 1) {
    zeros++;
  }
  int over_unit = 12 - zeros;
  int32_t scale = one_over_one_plus((int32_t)(((uint32_t)sum << zeros) - 0x80000000u));
  for (int32_t n = 0; n < size; n++) {
    int32_t exponential = exponentials[most - input[n]];
    output[n] = exponential == 0 ? -128 : saturated(rounded(product(scale, exponential), over_unit + 31 - 8) - 128);
  }
}

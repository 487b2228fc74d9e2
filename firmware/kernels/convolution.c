/* Convolution along one axis.
 *
 * The input is widened to halfwords once, with padding, so that every window is contiguous. Four neighbours become the
 * pairs (0, 2) and (1, 3), which is how SXTB16 widens four weights; the order inside a sum does not matter. Two
 * positions times two channels stay in registers: 16 products for six loads, four widenings and eight SMLAD. That loop is written in assembly,
 * because the compiler spills; its plain twin stands below it.
 */
#include "arithmetic.h"

static void widen_fours(const int8_t *input, int fours, int16_t *output) {
  for (; fours > 0; fours--) {
    uint32_t word = load_word(input);
    uint32_t even = even_bytes(word), odd = odd_bytes(word);
    memcpy(output, &even, 4);
    memcpy(output + 2, &odd, 4);
    input += 4;
    output += 4;
  }
}

static void fill(int16_t *to, int count, int16_t value) {
  for (; count > 0; count--) {
    *to++ = value;
  }
}

static void widen(const larun_convolution *layer, const int8_t *input, int16_t *scratch) {
  int padded = layer->padded_inputs;
  fill(scratch, layer->before * padded, layer->zero);
  scratch += layer->before * padded;
  if (layer->inputs == padded) {
    widen_fours(input, layer->length * padded / 4, scratch);
    scratch += layer->length * padded;
  } else {
    /* channels beyond the last meet weights that are zero */
    for (int position = 0; position < layer->length; position++) {
      for (int channel = 0; channel < padded; channel += 4) {
        int8_t four[4] = {0, 0, 0, 0};
        for (int k = 0; k < 4 && channel + k < layer->inputs; k++) {
          four[k] = *input++;
        }
        widen_fours(four, 1, scratch);
        scratch += 4;
      }
    }
  }
  fill(scratch, layer->after * padded, layer->zero);
}

/* Sums of two channels at two positions, the second `step` halfwords behind the first. */
typedef struct {
  int32_t first[2], second[2];
} sums;

#if defined(__ARM_FEATURE_DSP) && !defined(LARUN_PORTABLE)

/* One four of each channel: weights to w and v, widened to w, t and v, w; x and y are the two positions. Loads stand
 * together, because a load behind a load takes one cycle less. 20 cycles for 16 products. */
#define FOUR                     \
  "ldr   %[w], [%[weights]], #4\n" \
  "ldr   %[v], [%[weights]], #4\n" \
  "ldr   %[y], [%[at], %[step]]\n" \
  "ldr   %[x], [%[at]], #4\n"     \
  "sxtb16 %[t], %[w], ror #8\n"   \
  "sxtb16 %[w], %[w]\n"           \
  "smlad %[a0], %[w], %[x], %[a0]\n" \
  "smlad %[b0], %[w], %[y], %[b0]\n" \
  "sxtb16 %[w], %[v], ror #8\n"   \
  "sxtb16 %[v], %[v]\n"           \
  "smlad %[a1], %[v], %[x], %[a1]\n" \
  "smlad %[b1], %[v], %[y], %[b1]\n" \
  "ldr   %[y], [%[at], %[step]]\n" \
  "ldr   %[x], [%[at]], #4\n"     \
  "smlad %[a0], %[t], %[x], %[a0]\n" \
  "smlad %[b0], %[t], %[y], %[b0]\n" \
  "smlad %[a1], %[w], %[x], %[a1]\n" \
  "smlad %[b1], %[w], %[y], %[b1]\n"

static inline sums two_by_two(const int8_t *weights, const int16_t *window, int step, int fours, int32_t bias0,
                              int32_t bias1) {
  int32_t a0 = bias0, a1 = bias1, b0 = bias0, b1 = bias1;
  uint32_t w, v, x, y, t;
  __asm__(
      "lsrs  %[n], %[n], #1\n"
      "bcc   2f\n" FOUR
      "cmp   %[n], #0\n"
      "beq   3f\n"
      "2:\n" FOUR FOUR
      "subs  %[n], %[n], #1\n"
      "bne   2b\n"
      "3:\n"
      : [a0] "+r"(a0), [a1] "+r"(a1), [b0] "+r"(b0), [b1] "+r"(b1), [weights] "+r"(weights), [at] "+r"(window),
        [n] "+l"(fours), [w] "=&r"(w), [v] "=&r"(v), [x] "=&r"(x), [y] "=&r"(y), [t] "=&r"(t)
      : [step] "r"(2 * step)
      : "cc", "memory");
  return (sums){{a0, a1}, {b0, b1}};
}

#else

static inline sums two_by_two(const int8_t *weights, const int16_t *window, int step, int fours, int32_t bias0,
                              int32_t bias1) {
  sums s = {{bias0, bias1}, {bias0, bias1}};
  for (; fours > 0; fours--) {
    for (int channel = 0; channel < 2; channel++) {
      uint32_t word = load_word(weights);
      uint32_t even = even_bytes(word), odd = odd_bytes(word);
      s.first[channel] = multiply_add_pairs(even, load_word(window), s.first[channel]);
      s.first[channel] = multiply_add_pairs(odd, load_word(window + 2), s.first[channel]);
      s.second[channel] = multiply_add_pairs(even, load_word(window + step), s.second[channel]);
      s.second[channel] = multiply_add_pairs(odd, load_word(window + step + 2), s.second[channel]);
      weights += 4;
    }
    window += 4;
  }
  return s;
}

#endif

static inline __attribute__((always_inline)) void convolve(const larun_convolution *layer, const int16_t *window,
                                                           int8_t *output, int ordinary) {
  int step = layer->stride * layer->padded_inputs;
  int row = layer->outputs, fours = layer->window;
  const larun_channel *last = layer->channels + row;
  int position = layer->positions;
  for (; position > 1; position -= 2) {
    const int8_t *weights = layer->weights;
    for (const larun_channel *channel = layer->channels; channel < last; channel += 2) {
      sums s = two_by_two(weights, window, step, fours, channel[0].bias, channel[1].bias);
      two_outputs(&channel[0], s.first[0], s.second[0], output, row, ordinary);
      two_outputs(&channel[1], s.first[1], s.second[1], output + 1, row, ordinary);
      weights += 8 * fours;
      output += 2;
    }
    output += row;
    window += 2 * step;
  }
  if (position > 0) {
    const int8_t *weights = layer->weights;
    for (const larun_channel *channel = layer->channels; channel < last; channel += 2) {
      sums s = two_by_two(weights, window, 0, fours, channel[0].bias, channel[1].bias);
      *output++ = channel_output(&channel[0], s.first[0]);
      *output++ = channel_output(&channel[1], s.first[1]);
      weights += 8 * fours;
    }
  }
}

void larun_convolve(const larun_convolution *layer, const int8_t *input, int16_t *scratch, int8_t *output) {
  widen(layer, input, scratch);
  if (layer->ordinary) {
    convolve(layer, scratch, output, 1);
  } else {
    convolve(layer, scratch, output, 0);
  }
}

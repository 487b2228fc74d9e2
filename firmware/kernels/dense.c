/* Dense layer, a 1x1 convolution of one position: two outputs at a time, inputs widened as they are read. */
#include "arithmetic.h"

void larun_connect(const larun_dense *layer, const int8_t *input, int8_t *output) {
  const int8_t *weights = layer->weights;
  for (int channel = 0; channel < layer->outputs; channel += 2) {
    const larun_channel *two = &layer->channels[channel];
    int32_t a0 = two[0].bias, a1 = two[1].bias;
    const int8_t *x = input;
    for (int n = layer->window; n > 0; n--) {
      uint32_t four = load_word(x), w0 = load_word(weights), w1 = load_word(weights + 4);
      uint32_t even = even_bytes(four), odd = odd_bytes(four);
      a0 = multiply_add_pairs(even_bytes(w0), even, a0);
      a0 = multiply_add_pairs(odd_bytes(w0), odd, a0);
      a1 = multiply_add_pairs(even_bytes(w1), even, a1);
      a1 = multiply_add_pairs(odd_bytes(w1), odd, a1);
      x += 4;
      weights += 8;
    }
    output[channel] = channel_output(&two[0], a0);
    if (channel + 1 < layer->outputs) {
      output[channel + 1] = channel_output(&two[1], a1);
    }
  }
}

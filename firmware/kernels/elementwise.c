/* What is done to each element, and the mean. */
#include "arithmetic.h"

static inline int8_t added(const int32_t *table_a, const int32_t *table_b, int a, int b, int32_t multiplier,
                           int32_t nudge, int right) {
  int32_t x = high_product(table_a[a + 128] + table_b[b + 128], multiplier);
  x -= (int32_t)((uint32_t)x >> 31);
  return saturated((x + nudge) >> right);
}

void larun_add(const larun_sum *layer, const int8_t *a, const int8_t *b, int8_t *output, int32_t size) {
  const int32_t *table_a = layer->table_a, *table_b = layer->table_b;
  int32_t multiplier = layer->multiplier, nudge = layer->nudge;
  int right = layer->right;
  for (; size > 1; size -= 2) {
    int a0 = a[0], a1 = a[1], b0 = b[0], b1 = b[1];
    output[0] = added(table_a, table_b, a0, b0, multiplier, nudge, right);
    output[1] = added(table_a, table_b, a1, b1, multiplier, nudge, right);
    a += 2;
    b += 2;
    output += 2;
  }
  if (size > 0) {
    *output = added(table_a, table_b, *a, *b, multiplier, nudge, right);
  }
}

void larun_multiply(const larun_product *layer, const int8_t *a, const int8_t *b, int8_t *output) {
  int channels = layer->channels;
  int32_t multiplier = layer->multiplier, nudge = layer->nudge;
  int right = layer->right;
  for (int channel = 0; channel < channels; channel++) {
    int32_t zero_a = layer->zero_a, other = (b[channel] - layer->zero_b) * (1 << (layer->left + 1));
    uint32_t away = layer->away;
    const int8_t *x = a + channel;
    int8_t *y = output + channel;
    for (int position = layer->positions; position > 0; position--) {
      int32_t product = high_product((*x - zero_a) * other, multiplier);
      product -= (int32_t)(((uint32_t)product >> 31) & away);
      *y = saturated((product + nudge) >> right);
      x += channels;
      y += channels;
    }
  }
}

void larun_mean(const larun_mean_layer *layer, const int8_t *input, int8_t *output) {
  for (int channel = 0; channel < layer->channels; channel++) {
    int32_t sum = 0;
    const int8_t *x = input + channel;
    for (int position = 0; position < layer->positions; position++) {
      sum += *x;
      x += layer->channels;
    }
    sum -= layer->zero_in * layer->positions;
    output[channel] = saturated(scaled(sum, layer->multiplier, layer->left, layer->right) + layer->zero);
  }
}

void larun_look_up(const int8_t table[256], const int8_t *input, int8_t *output, int32_t size) {
  for (int32_t n = 0; n < size; n++) {
    output[n] = table[input[n] + 128];
  }
}

void larun_clamp(int8_t low, int8_t high, int8_t *values, int32_t size) {
  for (int32_t n = 0; n < size; n++) {
    values[n] = values[n] < low ? low : values[n] > high ? high : values[n];
  }
}

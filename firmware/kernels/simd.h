/* The few instructions of the Cortex-M4 that the kernels live on, each with the same arithmetic in plain C.
 *
 * With LARUN_PORTABLE, or on any other processor, the plain C is used: the loops above it are the same, so what a test
 * on the host proves of them holds on the chip. Words are little-endian.
 */
#ifndef LARUN_SIMD_H
#define LARUN_SIMD_H

#include <stdint.h>
#include <string.h>

/* Four bytes or two halfwords as one word, from any address that is even. memcpy keeps the compiler from pairing two
 * such loads into one LDRD, which faults where the address is not a multiple of four. */
static inline uint32_t load_word(const void *from) {
  uint32_t word;
  memcpy(&word, from, sizeof word);
  return word;
}

#if defined(__ARM_FEATURE_DSP) && !defined(LARUN_PORTABLE)

/* bytes 0 and 2 of a word, as two signed halfwords */
static inline uint32_t even_bytes(uint32_t word) {
  uint32_t r;
  __asm__("sxtb16 %0, %1" : "=r"(r) : "r"(word));
  return r;
}

/* bytes 1 and 3 */
static inline uint32_t odd_bytes(uint32_t word) {
  uint32_t r;
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(r) : "r"(word));
  return r;
}

/* sum + the two products of halfwords */
static inline int32_t multiply_add_pairs(uint32_t a, uint32_t b, int32_t sum) {
  int32_t r;
  __asm__("smlad %0, %1, %2, %3" : "=r"(r) : "r"(a), "r"(b), "r"(sum));
  return r;
}

/* the upper word of a product, rounded: (a b + 2^31) >> 32 */
static inline int32_t high_product(int32_t a, int32_t b) {
  int32_t r;
  __asm__("smmulr %0, %1, %2" : "=r"(r) : "r"(a), "r"(b));
  return r;
}

static inline int8_t saturated(int32_t x) {
  int32_t r;
  __asm__("ssat %0, #8, %1" : "=r"(r) : "r"(x) : "cc");
  return (int8_t)r;
}

#else

static inline int32_t signed_byte(uint32_t word, int place) { return (int8_t)(word >> (8 * place)); }

static inline uint32_t even_bytes(uint32_t word) {
  return ((uint32_t)signed_byte(word, 0) & 0xFFFFu) | ((uint32_t)signed_byte(word, 2) << 16);
}

static inline uint32_t odd_bytes(uint32_t word) {
  return ((uint32_t)signed_byte(word, 1) & 0xFFFFu) | ((uint32_t)signed_byte(word, 3) << 16);
}

static inline int32_t multiply_add_pairs(uint32_t a, uint32_t b, int32_t sum) {
  int32_t low = (int16_t)a * (int16_t)b;
  int32_t high = (int16_t)(a >> 16) * (int16_t)(b >> 16);
  return (int32_t)((uint32_t)sum + (uint32_t)low + (uint32_t)high);
}

static inline int32_t high_product(int32_t a, int32_t b) {
  return (int32_t)(((int64_t)a * b + ((int64_t)1 << 31)) >> 32);
}

static inline int8_t saturated(int32_t x) { return (int8_t)(x < -128 ? -128 : x > 127 ? 127 : x); }

#endif
#endif

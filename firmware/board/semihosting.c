#include "semihosting.h"

#include <string.h>

enum { OPEN = 0x01, CLOSE = 0x02, WRITE0 = 0x04, WRITE = 0x05, READ = 0x06, EXIT_EXTENDED = 0x20 };

static int32_t call(uint32_t operation, const void *argument) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
  return (int32_t)r0;
}

void host_print(const char *text) { call(WRITE0, text); }

void host_print_number(int32_t value) {
  char text[12];
  char *at = text + sizeof text;
  uint32_t rest = value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
  *--at = 0;
  do {
    *--at = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest);
  if (value < 0) {
    *--at = '-';
  }
  host_print(at);
}

int32_t host_open(const char *name, int mode) {
  uint32_t block[3] = {(uint32_t)name, (uint32_t)mode, strlen(name)};
  return call(OPEN, block);
}

int32_t host_read(int32_t file, void *to, uint32_t size) {
  uint32_t block[3] = {(uint32_t)file, (uint32_t)to, size};
  return call(READ, block);
}

int32_t host_write(int32_t file, const void *from, uint32_t size) {
  uint32_t block[3] = {(uint32_t)file, (uint32_t)from, size};
  return call(WRITE, block);
}

void host_close(int32_t file) {
  uint32_t block[1] = {(uint32_t)file};
  call(CLOSE, block);
}

void host_exit(int code) {
  uint32_t block[2] = {0x20026 /* ADP_Stopped_ApplicationExit */, (uint32_t)code};
  for (;;) {
    call(EXIT_EXTENDED, block);
  }
}

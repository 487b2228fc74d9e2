/* A few calls to the host under a debugger or an emulator (Arm semihosting). */
#ifndef LARUN_SEMIHOSTING_H
#define LARUN_SEMIHOSTING_H

#include <stdint.h>

void host_print(const char *text);
void host_print_number(int32_t value);
/* mode: 1 to read bytes, 5 to write them; negative where it fails */
int32_t host_open(const char *name, int mode);
/* bytes that were not read or written */
int32_t host_read(int32_t file, void *to, uint32_t size);
int32_t host_write(int32_t file, const void *from, uint32_t size);
void host_close(int32_t file);
__attribute__((noreturn)) void host_exit(int code);

#endif

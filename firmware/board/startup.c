/* From reset to main: FPU on, data copied, bss cleared. A fault ends the emulator with a failure. */
#include <stdint.h>

#include "semihosting.h"

extern uint32_t data_start, data_end, data_stored, bss_start, bss_end, stack_top;
int main(void);

void reset(void) {
  *(volatile uint32_t *)0xE000ED88 |= 0xFu << 20; /* CPACR: access to the floating-point unit */
  __asm__ volatile("dsb\n isb");
  const uint32_t *from = &data_stored;
  for (uint32_t *to = &data_start; to < &data_end; to++) {
    *to = *from++;
  }
  for (uint32_t *to = &bss_start; to < &bss_end; to++) {
    *to = 0;
  }
  host_exit(main());
}

static void fault(void) {
  host_print("larun: the processor met a fault\n");
  host_exit(3);
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &stack_top, (const void *)reset, (const void *)fault, (const void *)fault, (const void *)fault,
    (const void *)fault, (const void *)fault};

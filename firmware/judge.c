/* For tests: reads views from inputs.bin, one larun_inputs after the other, and writes what the network answers to
 * answers.bin; with LARUN_TRACED what every operation leaves behind to traces.bin. */
#include "board/marks.h"
#include "board/semihosting.h"
#include "network.h"

#ifdef LARUN_TRACED
static int32_t traces;

void larun_trace(int operation, const int8_t *values, int size) {
  (void)operation;
  host_write(traces, values, (uint32_t)size);
}
#endif

int main(void) {
  static larun_inputs inputs;
  larun_answer answer;
  int32_t from = host_open("inputs.bin", 1), to = host_open("answers.bin", 5);
  if (from < 0 || to < 0) {
    host_print("larun: inputs.bin or answers.bin cannot be opened\n");
    return 1;
  }
#ifdef LARUN_TRACED
  traces = host_open("traces.bin", 5);
#endif
  while (host_read(from, &inputs, sizeof inputs) == 0) {
    larun_cycles_start();
    larun_classify(&inputs, &answer);
    larun_cycles_stop();
    if (host_write(to, &answer, sizeof answer) != 0) {
      return 1;
    }
  }
  host_close(to);
#ifdef LARUN_TRACED
  host_close(traces);
#endif
  return 0;
}

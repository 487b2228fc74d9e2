/* Classifies the built-in view and prints the probabilities. */
#include "board/marks.h"
#include "board/semihosting.h"
#include "example.h"
#include "network.h"

int main(void) {
  static const char *const names[LARUN_CLASSES] = LARUN_CLASS_NAMES;
  larun_answer answer;
  larun_cycles_start();
  larun_classify(&larun_example, &answer);
  larun_cycles_stop();
  host_print("A simulated transit of 1 % depth:\n");
  for (int k = 0; k < LARUN_CLASSES; k++) {
    int32_t thousandths = ((answer.probabilities[k] + 128) * 1000 + 128) / 256;
    host_print("  ");
    host_print(names[k]);
    host_print(thousandths < 10 ? " 0.00" : thousandths < 100 ? " 0.0" : thousandths < 1000 ? " 0." : " ");
    host_print_number(thousandths);
    host_print("\n");
  }
  return 0;
}

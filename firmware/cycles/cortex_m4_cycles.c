/* A cycle model of the Cortex-M4 as a plug-in of QEMU (plug-in API 1, QEMU 6 to 8).
 *
 * Counts every instruction between two marks and prices it by the Cortex-M4 Technical Reference Manual (r0p1, table
 * 3-1), for memory without wait states: most take 1; a load 2, or 1 directly behind another load or store; LDM, STM,
 * PUSH, POP, LDRD and STRD 1 + registers; a division 12, its worst; a branch that is taken 1 + P, where P, the refill of
 * the pipeline, is 1 to 3. It depends on the instructions alone, never on the machine it runs on.
 *
 *   -plugin libcycles.so,start=0x…,stop=0x…,out=FILE     addresses of larun_cycles_start and larun_cycles_stop
 *
 * One line for each interval: instructions, cycles without refills, taken branches. Prototypes are declared by hand
 * because Debian does not package qemu-plugin.h.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef struct qemu_info_t qemu_info_t;
typedef void (*vcpu_callback)(unsigned int vcpu, void *data);
typedef void (*translation_callback)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*exit_callback)(qemu_plugin_id_t id, void *data);
enum { NO_REGISTERS = 0 };

extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, translation_callback callback);
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, vcpu_callback callback, int flags, void *data);
extern void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, exit_callback callback, void *data);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
extern const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
extern size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

/* Instructions that are translated and run together; all of them run unless the last one branches. */
typedef struct {
  uint64_t start, end;
  uint32_t instructions, cycles;
  bool starts_with_load, ends_with_memory;
} block;

static uint64_t start_mark, stop_mark;
static uint64_t instructions, cycles, taken;
static uint64_t expected; /* where the block before would go without a branch */
static bool counting, after_memory;
static FILE *out;

static int ones(uint32_t bits) { return __builtin_popcount(bits); }

/* Cycles of an instruction; *memory: a single load or store, behind which the next load costs one less. */
static uint32_t priced(uint32_t first, uint32_t second, size_t size, bool *load, bool *memory) {
  *load = *memory = false;
  if (size == 2) {
    if ((first & 0xF800) == 0x4800 || (first & 0xF000) == 0x5000 || (first & 0xE000) == 0x6000 ||
        (first & 0xE000) == 0x8000) { /* LDR and STR of all widths; 0xA000 below is ADR */
      bool is_load = (first & 0xF800) == 0x4800   ? true
                     : (first & 0xF000) == 0x5000 ? (first & 0x0E00) >= 0x0600
                                                  : (first & 0x0800) != 0;
      if ((first & 0xE000) != 0x8000 || (first & 0xF000) == 0x8000 || (first & 0xF000) == 0x9000) {
        *load = is_load;
        *memory = true;
        return is_load ? 2 : 1;
      }
    }
    if ((first & 0xFE00) == 0xB400 || (first & 0xFE00) == 0xBC00) { /* PUSH, POP */
      return 1 + (uint32_t)ones(first & 0x1FF);
    }
    if ((first & 0xF000) == 0xC000) { /* STM, LDM */
      return 1 + (uint32_t)ones(first & 0xFF);
    }
    return 1;
  }
  if ((first & 0xFE40) == 0xE800) { /* LDM, STM, PUSH, POP */
    return 1 + (uint32_t)ones(second);
  }
  if ((first & 0xFFF0) == 0xE8D0 && (second & 0xFFE0) == 0xF000) { /* TBB, TBH */
    return 2;
  }
  if ((first & 0xFE40) == 0xE840) { /* LDRD, STRD, exclusives */
    return 3;
  }
  if ((first & 0xFE00) == 0xF800) { /* single loads and stores, hints */
    *load = (first & 0x0010) != 0;
    *memory = true;
    return *load ? 2 : 1;
  }
  if ((first & 0xFFD0) == 0xFB90) { /* SDIV, UDIV */
    return 12;
  }
  if ((first & 0xEC00) == 0xEC00) { /* floating point: none in the network; the worst of it */
    return 14;
  }
  return 1;
}

static void run(unsigned int vcpu, void *data) {
  (void)vcpu;
  const block *b = data;
  if (b->start == start_mark) {
    instructions = cycles = taken = 0;
    counting = true;
    after_memory = false;
  } else if (b->start == stop_mark && counting) {
    counting = false;
    fprintf(out, "%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", instructions, cycles, taken + 1);
    fflush(out);
  } else if (counting) {
    taken += b->start != expected;
    instructions += b->instructions;
    cycles += b->cycles;
    /* the pipeline is refilled after a branch, so only what falls through keeps the discount */
    if (after_memory && b->starts_with_load && b->start == expected) {
      cycles--;
    }
    after_memory = b->ends_with_memory;
  }
  expected = b->end;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
  (void)id;
  block *b = calloc(1, sizeof *b); /* lives as long as the translation may run */
  bool memory_before = false;
  size_t count = qemu_plugin_tb_n_insns(tb);
  for (size_t n = 0; n < count; n++) {
    const struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, n);
    uint16_t half[2] = {0, 0};
    size_t size = qemu_plugin_insn_size(insn);
    memcpy(half, qemu_plugin_insn_data(insn), size);
    bool load, memory;
    uint32_t price = priced(half[0], half[1], size, &load, &memory);
    if (n == 0) {
      b->start = qemu_plugin_insn_vaddr(insn);
      b->starts_with_load = load;
    }
    b->cycles += price - (load && memory_before);
    b->instructions++;
    b->end = qemu_plugin_insn_vaddr(insn) + size;
    memory_before = memory;
  }
  b->ends_with_memory = memory_before;
  qemu_plugin_register_vcpu_tb_exec_cb(tb, run, NO_REGISTERS, b);
}

static void finished(qemu_plugin_id_t id, void *data) {
  (void)id;
  (void)data;
  fclose(out);
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                                                 char **argv) {
  (void)info;
  for (int n = 0; n < argc; n++) {
    if (strncmp(argv[n], "start=", 6) == 0) {
      start_mark = strtoull(argv[n] + 6, NULL, 0) & ~1ull;
    } else if (strncmp(argv[n], "stop=", 5) == 0) {
      stop_mark = strtoull(argv[n] + 5, NULL, 0) & ~1ull;
    } else if (strncmp(argv[n], "out=", 4) == 0) {
      out = fopen(argv[n] + 4, "w");
    }
  }
  if (!start_mark || !stop_mark || !out) {
    fprintf(stderr, "cycles: needs start=, stop= and out=\n");
    return 1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_atexit_cb(id, finished, NULL);
  return 0;
}

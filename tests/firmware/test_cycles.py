"""The cycle model on programs whose cycles can be counted by hand from the manual's table."""

from __future__ import annotations

import subprocess

import pytest

from serving.export import emulated

#: name: (body, instructions, cycles without refills, taken branches), by hand.
_PROGRAMS = {
    "arithmetic": ("adds r0, r0, #1\n" * 10, 10, 10, 0),
    "loads behind each other": ("ldr r0, [sp]\n" * 4, 4, 2 + 3, 0),
    "a load behind arithmetic": ("ldr r0, [sp]\nadds r0, r0, #1\n" * 3, 6, 3 * 2 + 3, 0),
    "stores": ("str r0, [sp]\n" * 3, 3, 3, 0),
    "a load behind a store": ("str r0, [sp]\nldr r0, [sp]\n", 2, 2, 0),
    "wide loads": ("ldr.w r8, [sp, #4]\nldrb.w r8, [sp]\nldrsh.w r8, [sp]\n", 3, 4, 0),
    "pairs": ("ldrd r0, r1, [sp]\n", 1, 3, 0),
    "several": ("push {r0-r3}\npop {r0-r3}\n", 2, 5 + 5, 0),
    "signal processing": ("smlad r0, r0, r0, r0\nsmmulr r0, r0, r0\nsxtb16 r0, r0, ror #8\nssat r0, #8, r0\n", 4, 4, 0),
    "division": ("movs r0, #1\nsdiv r0, r0, r0\n", 2, 1 + 12, 0),
    "a loop": ("movs r0, #5\n1:\nsubs r0, r0, #1\nbne 1b\n", 1 + 2 * 5, 1 + 2 * 5, 4),
    "a branch not taken": ("movs r0, #1\nbeq 1f\nadds r0, r0, #1\n1:\n", 3, 3, 0),
}

_HEAD = """
#include "board/marks.h"
#include "board/semihosting.h"
"""
# the frame of a program is two instructions of one cycle
_PROGRAM = """__attribute__((naked, noinline)) static void program_{n}(void) {{
  __asm__ volatile("sub sp, #16\\n" {body} "add sp, #16\\nbx lr");
}}
"""


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, emulated.Cycles]:
    """What each program costs beyond an empty one."""
    reason = emulated.missing_tools()
    if reason is not None:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("programs")
    emulated.build(emulated.FIRMWARE / "generated", folder, str(folder / "libcycles.so"))
    bodies = ["", *(body for body, *_ in _PROGRAMS.values())]
    texts = [" ".join(f'"{line}\\n"' for line in body.splitlines()) for body in bodies]
    calls = "".join(f"larun_cycles_start(); program_{n}(); larun_cycles_stop();\n" for n in range(len(bodies)))
    programs = "".join(_PROGRAM.format(n=n, body=text) for n, text in enumerate(texts))
    (folder / "main.c").write_text(f"{_HEAD}{programs}int main(void) {{\n{calls}return 0;\n}}\n")
    board = sorted(str(p) for p in (emulated.FIRMWARE / "board").glob("*.c"))
    subprocess.run(
        [
            "arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", "-O2",
            f"-I{emulated.FIRMWARE}", "--specs=nano.specs", "-nostartfiles",
            f"-T{emulated.FIRMWARE}/board/mps2-an386.ld", *board, str(folder / "main.c"), "-o",
            str(folder / "main.elf"),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    empty, *others = emulated.counted(folder / "main.elf", folder, folder / "libcycles.so")
    return {
        name: emulated.Cycles(
            c.instructions - empty.instructions,
            c.without_refills - empty.without_refills,
            c.taken_branches - empty.taken_branches,
        )
        for name, c in zip(_PROGRAMS, others, strict=True)
    }


@pytest.mark.parametrize("name", _PROGRAMS)
def test_by_hand(counts: dict[str, emulated.Cycles], name: str) -> None:
    _, instructions, cycles, taken = _PROGRAMS[name]
    assert counts[name] == emulated.Cycles(instructions, cycles, taken)


def test_refills_are_added_for_each_taken_branch() -> None:
    cycles = emulated.Cycles(instructions=10, without_refills=20, taken_branches=3)
    assert [cycles.total(refill) for refill in emulated.REFILLS] == [23, 26, 29]

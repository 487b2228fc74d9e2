"""The student network as C for a Cortex-M4: reading, planning of memory, writing of code, packaging."""

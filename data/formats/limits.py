"""How large a file may be before it is refused, so that no upload can eat the machine."""

from __future__ import annotations

MAX_FILE_BYTES = 200 * 1024**2
#: Of a compressed file, once unpacked.
MAX_UNPACKED_BYTES = 1024**3
#: A light curve packs 2 to 10 times smaller; a bomb a thousand times. Small files may be as regular as they like.
MAX_RATIO = 100
RATIO_FREE_BYTES = 10 * 1024**2
MAX_ROWS = 5_000_000
MIN_POINTS = 10

MAX_FITS_UNITS = 100
MAX_FITS_CARDS = 1000
MAX_FITS_FIELDS = 200

MAX_TABLE_COLUMNS = 500
MAX_LINE_BYTES = 64 * 1024
MAX_ARCHIVE_MEMBERS = 100

#: A sector in steps of 20 s has 290 MB. Such files come from the archive, never from an upload.
MAX_PIXEL_FILE_BYTES = 500 * 1024**2
#: Numbers of one movie in memory (frames times pixels), 8 bytes each for the flux and for its error.
MAX_PIXEL_VALUES = 30_000_000
MAX_PIXEL_EDGE = 1000

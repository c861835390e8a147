// A busy disk: random writes of 4 to 64 KiB past the page cache, at a rate, to /dev/vdb or, where there is none, to a
// file on the first disk. Each sector says what it is and when it was written, and some are read back.
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#define SECTOR_BYTES 4096
#define MOST_SECTORS 16
#define MEBIBYTE (1024 * 1024)
/** Of so many writes the blocks of one are read back first. */
#define WRITES_PER_CHECK 4
#define MICROS_PER_SEC 1000000ull

struct sector {
  uint64_t index;
  uint64_t seq;
  unsigned char filling[SECTOR_BYTES - 20];
  uint32_t crc;
} __attribute__((packed));

static struct sector *block;
/** Of each sector the write that has to be found there; 0 for none yet. */
static uint64_t *expected;

static uint64_t randomNumber(void) {
  static uint64_t state = 0x2545f4914f6cdd1d;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

/** Where to write to, and its size in sectors. */
static int openTarget(uint64_t *sectors) {
  uint64_t bytes = 0;
  int disk = open("/dev/vdb", O_RDWR | O_DIRECT | O_CLOEXEC);
  if (disk != -1 && ioctl(disk, BLKGETSIZE64, &bytes) == 0) {
    *sectors = bytes / SECTOR_BYTES;
    return disk;
  }
  // The other thread mounts it.
  while (access("/data/records", F_OK) == -1) passMicros(20000);
  int file = open("/data/busy", O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0644);
  bytes = (uint64_t)settings.busyMiB * MEBIBYTE;
  if (file == -1 || (errno = posix_fallocate(file, 0, bytes)) != 0) return -1;
  *sectors = bytes / SECTOR_BYTES;
  return file;
}

static void checkSectors(int file, uint64_t first, unsigned count) {
  ssize_t bytes = count * SECTOR_BYTES;
  if (pread(file, block, bytes, first * SECTOR_BYTES) != bytes) return findBad(&busyVerdict, "read: %s", strerror(errno));
  for (unsigned index = 0; index < count; index++) {
    const struct sector *sector = &block[index];
    uint64_t seq = expected[first + index];
    if (seq == 0) continue;
    if (sector->index != first + index || sector->seq != seq)
      findBad(&busyVerdict, "sector %lu holds write %lu of sector %lu instead of write %lu", first + index, sector->seq,
              sector->index, seq);
    else if (sector->crc != crc32(0, sector, offsetof(struct sector, crc)))
      findBad(&busyVerdict, "sector %lu: its checksum", first + index);
  }
}

static void writeSectors(int file, uint64_t first, unsigned count, uint64_t seq) {
  for (unsigned index = 0; index < count; index++) {
    struct sector *sector = &block[index];
    sector->index = first + index;
    sector->seq = seq;
    memset(sector->filling, (int)(seq + index), sizeof sector->filling);
    sector->crc = crc32(0, sector, offsetof(struct sector, crc));
    expected[first + index] = seq;
  }
  ssize_t bytes = count * SECTOR_BYTES;
  if (pwrite(file, block, bytes, first * SECTOR_BYTES) != bytes) findBad(&busyVerdict, "write: %s", strerror(errno));
}

void *busy(void *unused) {
  (void)unused;
  uint64_t sectors = 0;
  int file = openTarget(&sectors);
  expected = calloc(sectors, sizeof *expected);
  block = aligned_alloc(SECTOR_BYTES, MOST_SECTORS * SECTOR_BYTES);
  if (file == -1 || sectors < MOST_SECTORS || expected == NULL || block == NULL) {
    sayError("busy");
    return NULL;
  }
  uint64_t lastMs = monotonicMs();
  for (uint64_t seq = 1;; seq++) {
    unsigned count = 1 + randomNumber() % MOST_SECTORS;
    uint64_t first = randomNumber() % (sectors - count + 1);
    if (seq % WRITES_PER_CHECK == 0) checkSectors(file, first, count);
    writeSectors(file, first, count, seq);
    status.busyWrites = seq;
    status.busyBytes += count * SECTOR_BYTES;
    if (monotonicMs() - lastMs >= 1000) {
      lastMs = monotonicMs();
      say("busy %lu %lu %s", seq, status.busyBytes, verdictText(&busyVerdict));
    }
    passMicros(count * SECTOR_BYTES * MICROS_PER_SEC / (settings.busyKiBPerSec * 1024ull));
  }
}

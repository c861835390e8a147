// The memory oracle, after QEMU's migration tests: one byte of every page is incremented, in the order of addresses,
// for ever. So each page's byte equals the one of the page before it or is one less, and there is one such edge at
// most: whoever sees the memory needs no copy to compare it with. Lost, stale and reordered pages show.
//
// The memory is at a physical address that the host knows, kept out of the kernel's hands by memmap=. This thread
// itself knows what each byte has to be, and looks at all of them every second, too.
#include "guest.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ORACLE_ADDRESS 0x8000000
#define PAGE_BYTES 4096
#define MEBIBYTE (1024 * 1024)
/** A pause is made up for several pages together; one that follows each page would mostly be overhead. */
#define PAGES_PER_PAUSE 16
/** A long pause is cut, so that the line of every second comes. */
#define LONGEST_PAUSE_MICROS 200000

/** How a page begins. The rest of it is left alone. */
struct page {
  unsigned char counter;
  unsigned char unused[7];
  char magic[8];
  uint64_t index;
};

static volatile unsigned char *memory;
static unsigned long pages;

static volatile struct page *pageAt(unsigned long index) { return (volatile struct page *)(memory + index * PAGE_BYTES); }

void damageOracle(unsigned long page) {
  if (memory != NULL && page < pages) pageAt(page)->counter += 7;
}

static void check(unsigned long index, unsigned char expected) {
  volatile struct page *page = pageAt(index);
  if (page->counter != expected)
    findBad(&oracleVerdict, "page %lu is at %u instead of %u", index, page->counter, expected);
  if (page->index != index) findBad(&oracleVerdict, "page %lu says that it is %lu", index, page->index);
}

/** Looks at all pages while `done` of them are one pass ahead, once a second; says what was found. */
static void report(unsigned long passes, unsigned long done) {
  static uint64_t lastMs;
  uint64_t nowMs = monotonicMs();
  if (nowMs - lastMs < 1000) return;
  lastMs = nowMs;
  for (unsigned long index = 0; index < pages; index++) check(index, passes + (index < done));
  say("oracle %lu %lu %s", passes, done, verdictText(&oracleVerdict));
}

static void rest(unsigned long passes, unsigned long done) {
  status.oraclePage = done;
  uint64_t pausedMicros = 0;
  for (;;) {
    report(passes, done);
    // Read anew each time: it can be changed while it lasts.
    uint64_t pauseMicros = (uint64_t)status.oraclePauseMicros * PAGES_PER_PAUSE;
    if (pausedMicros >= pauseMicros) return;
    uint64_t micros = pauseMicros - pausedMicros;
    if (micros > LONGEST_PAUSE_MICROS) micros = LONGEST_PAUSE_MICROS;
    passMicros(micros);
    pausedMicros += micros;
  }
}

void *oracle(void *unused) {
  (void)unused;
  int file = open("/dev/mem", O_RDWR | O_CLOEXEC);
  size_t bytes = (size_t)settings.oracleMiB * MEBIBYTE;
  void *mapped = file == -1 ? MAP_FAILED : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, ORACLE_ADDRESS);
  if (mapped == MAP_FAILED) {
    findBad(&oracleVerdict, "no memory at %#x: is memmap=%uM$%#x missing?", ORACLE_ADDRESS, settings.oracleMiB, ORACLE_ADDRESS);
    sayError("oracle");
    return NULL;
  }
  close(file);
  memory = mapped;
  pages = bytes / PAGE_BYTES;
  for (unsigned long index = 0; index < pages; index++) {
    struct page first = {.counter = 0, .magic = {'g', 'o', 'd', 'w', 'i', 't', 'p', 'g'}, .index = index};
    memcpy((void *)pageAt(index), &first, sizeof first);
  }
  for (unsigned long passes = 0;; passes++) {
    status.oraclePasses = passes;
    for (unsigned long index = 0; index < pages; index++) {
      check(index, passes);
      pageAt(index)->counter = passes + 1;
      if (index % PAGES_PER_PAUSE == PAGES_PER_PAUSE - 1) rest(passes, index + 1);
    }
  }
}

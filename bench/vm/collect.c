// collect PID FILE: for each line on standard input asks the kernel which pages of the process's mapping of that file
// were written since the last time, and protects them again, in one call (Linux 6.7, admin-guide/mm/pagemap.rst).
// Answers with `MILLISECONDS PAGES RANGES`. With COPY as a third argument those pages are then copied there from FILE,
// which is how to see that none was missed: `cmp FILE COPY` once the process stands still and was asked a last time.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/** linux/fs.h; Debian 12's headers are older. */
struct page_region {
  uint64_t start, end, categories;
};
struct pm_scan_arg {
  uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
  uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define PAGEMAP_SCAN _IOWR('f', 16, struct pm_scan_arg)
#define PAGE_IS_WRITTEN (1 << 1)
#define PM_SCAN_WP_MATCHING (1 << 0)
#define PM_SCAN_CHECK_WPASYNC (1 << 1)
#define PAGE_BYTES 4096
#define MOST_REGIONS 262144

static double nowMs(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/** Where the file is mapped; its parts, if it has any, lie side by side. */
static int find(const char *pid, const char *file, uint64_t *start, uint64_t *end) {
  char path[64], line[4096];
  snprintf(path, sizeof path, "/proc/%s/maps", pid);
  FILE *maps = fopen(path, "r");
  if (maps == NULL) return 0;
  *start = *end = 0;
  while (fgets(line, sizeof line, maps) != NULL) {
    unsigned long from, to;
    if (strstr(line, file) == NULL || sscanf(line, "%lx-%lx", &from, &to) != 2) continue;
    if (*start == 0) *start = from;
    *end = to;
  }
  fclose(maps);
  return *start != 0;
}

static void copy(int from, int to, uint64_t base, const struct page_region *regions, int count) {
  static char bytes[1024 * 1024];
  for (const struct page_region *region = regions; region < regions + count; region++)
    for (uint64_t at = region->start - base, end = region->end - base; at < end;) {
      size_t length = end - at < sizeof bytes ? end - at : sizeof bytes;
      if (pread(from, bytes, length, at) != (ssize_t)length || pwrite(to, bytes, length, at) != (ssize_t)length)
        perror("copy");
      at += length;
    }
}

int main(int argc, char **argv) {
  static struct page_region regions[MOST_REGIONS];
  struct pm_scan_arg scan = {
      .size = sizeof scan,
      .flags = PM_SCAN_WP_MATCHING | PM_SCAN_CHECK_WPASYNC,
      .vec = (uintptr_t)regions,
      .vec_len = MOST_REGIONS,
      .category_mask = PAGE_IS_WRITTEN,
      .return_mask = PAGE_IS_WRITTEN,
  };
  char path[64];
  if (argc < 3 || !find(argv[1], argv[2], &scan.start, &scan.end)) return fprintf(stderr, "no such mapping\n"), 1;
  snprintf(path, sizeof path, "/proc/%s/pagemap", argv[1]);
  int pagemap = open(path, O_RDONLY | O_CLOEXEC);
  int from = open(argv[2], O_RDONLY | O_CLOEXEC);
  int to = argc < 4 ? -1 : open(argv[3], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  for (char line[16]; fgets(line, sizeof line, stdin) != NULL; fflush(stdout)) {
    double startMs = nowMs();
    int ranges = ioctl(pagemap, PAGEMAP_SCAN, &scan);
    if (ranges == -1) return perror("PAGEMAP_SCAN"), 1;
    double tookMs = nowMs() - startMs;
    if (to != -1) copy(from, to, scan.start, regions, ranges);
    uint64_t pages = 0;
    for (int index = 0; index < ranges; index++) pages += (regions[index].end - regions[index].start) / PAGE_BYTES;
    printf("%.3f %lu %d\n", tookMs, pages, ranges);
  }
  return 0;
}

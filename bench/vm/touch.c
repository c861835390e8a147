// A process that has a memory image mapped, as QEMU has: takes commands on its standard input, a line each, and answers
// each with a line: milliseconds that it took.
//
//   dirty MIB STRIDE   writes a byte into MIB mebibytes' pages, every STRIDE-th one of the image from its start on
//   sync               fsync by another descriptor, as the agent would
//   fault COUNT SEED   reads a byte each of COUNT random pages
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAGE_BYTES 4096
#define PAGES_PER_MEBIBYTE 256

static double nowMs(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static void dirty(volatile unsigned char *image, size_t pages, size_t mebibytes, size_t stride) {
  for (size_t count = 0; count < mebibytes * PAGES_PER_MEBIBYTE && count * stride < pages; count++)
    image[count * stride * PAGE_BYTES]++;
}

static unsigned fault(const volatile unsigned char *image, size_t pages, size_t count, unsigned long state) {
  unsigned sum = 0;
  while (count-- > 0) {
    state = state * 6364136223846793005ul + 1442695040888963407ul;
    sum += image[(state >> 33) % pages * PAGE_BYTES];
  }
  return sum;
}

int main(int argc, char **argv) {
  struct stat found;
  int mapped = argc < 2 ? -1 : open(argv[1], O_RDWR), synced = argc < 2 ? -1 : open(argv[1], O_RDWR);
  if (mapped == -1 || synced == -1 || fstat(mapped, &found) == -1) return perror("open"), 1;
  unsigned char *image = mmap(NULL, found.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, mapped, 0);
  if (image == MAP_FAILED) return perror("mmap"), 1;
  size_t pages = found.st_size / PAGE_BYTES, one, two;
  for (char line[80]; fgets(line, sizeof line, stdin) != NULL; fflush(stdout)) {
    double startMs = nowMs();
    if (sscanf(line, "dirty %zu %zu", &one, &two) == 2) {
      dirty(image, pages, one, two);
    } else if (sscanf(line, "fault %zu %zu", &one, &two) == 2) {
      fault(image, pages, one, two);
    } else if (fsync(synced) == -1) {
      return perror("fsync"), 1;
    }
    printf("%.3f\n", nowMs() - startMs);
  }
  return 0;
}

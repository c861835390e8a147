// Preloaded into the process that has a memory image mapped (LD_PRELOAD; GODWIT_TRACK names the image): has the kernel
// keep account of written pages, which anybody who may look into the process can then ask for (collect.c). The mapping
// is registered once, with userfaultfd's asynchronous write protection (Linux 6.7): no message, no thread, no other file.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/** linux/userfaultfd.h; Debian 12's headers are older. */
#define FEATURE_WP_UNPOPULATED (1ull << 13)
#define FEATURE_WP_ASYNC (1ull << 15)

static void track(void *at, size_t bytes) {
  // Stays open as long as the process lives: with it the account would end.
  int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
  struct uffdio_api api = {.api = UFFD_API, .features = FEATURE_WP_ASYNC | FEATURE_WP_UNPOPULATED};
  struct uffdio_register range = {.range = {(uintptr_t)at, bytes}, .mode = UFFDIO_REGISTER_MODE_WP};
  if (fd == -1 || ioctl(fd, UFFDIO_API, &api) == -1 || ioctl(fd, UFFDIO_REGISTER, &range) == -1) {
    perror("memory is not tracked");
    exit(1);
  }
}

static int isImage(int fd) {
  const char *path = getenv("GODWIT_TRACK");
  struct stat mapped, image;
  return path != NULL && fstat(fd, &mapped) == 0 && stat(path, &image) == 0 && mapped.st_dev == image.st_dev &&
         mapped.st_ino == image.st_ino;
}

void *mmap64(void *wanted, size_t bytes, int protection, int flags, int fd, off64_t offset) {
  static void *(*original)(void *, size_t, int, int, int, off64_t);
  if (original == NULL) *(void **)&original = dlsym(RTLD_NEXT, "mmap64");
  void *at = original(wanted, bytes, protection, flags, fd, offset);
  if (at != MAP_FAILED && fd >= 0 && (flags & MAP_SHARED) != 0 && (protection & PROT_WRITE) != 0 && isImage(fd))
    track(at, bytes);
  return at;
}

void *mmap(void *wanted, size_t bytes, int protection, int flags, int fd, off_t offset) {
  return mmap64(wanted, bytes, protection, flags, fd, offset);
}

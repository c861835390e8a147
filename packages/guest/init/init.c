// The first process: mounts, modules, threads.
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

struct status status;
struct verdict oracleVerdict, diskVerdict, busyVerdict;

/** In the order in which they need each other; the host puts them into /modules. */
static const char *MODULES[] = {"virtio_ring", "virtio",   "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci",
                                "virtio_blk",  "failover", "net_failover",          "virtio_net"};
static int console = 1;

void say(const char *format, ...) {
  char line[256];
  va_list values;
  va_start(values, format);
  int length = vsnprintf(line, sizeof line - 1, format, values);
  va_end(values);
  if (length > (int)sizeof line - 2) length = sizeof line - 2;
  line[length++] = '\n';
  // One call, because the kernel lets no other writer in between.
  if (write(console, line, length) != length) _exit(1);
}

void sayError(const char *what) { say("error %s: %s", what, strerror(errno)); }

void findBad(struct verdict *verdict, const char *format, ...) {
  if (atomic_load(&verdict->isBad)) return;
  va_list values;
  va_start(values, format);
  int length = snprintf(verdict->text, sizeof verdict->text, "BAD ");
  vsnprintf(verdict->text + length, sizeof verdict->text - length, format, values);
  va_end(values);
  atomic_store(&verdict->isBad, true);
}

const char *verdictText(const struct verdict *verdict) { return atomic_load(&verdict->isBad) ? verdict->text : "ok"; }

static uint64_t msOf(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

uint64_t monotonicMs(void) { return msOf(CLOCK_MONOTONIC); }
uint64_t boottimeMs(void) { return msOf(CLOCK_BOOTTIME); }

void passMicros(uint64_t micros) {
  struct timespec time = {.tv_sec = micros / 1000000, .tv_nsec = micros % 1000000 * 1000};
  nanosleep(&time, NULL);
}

static uint32_t crcTable[256];

static void fillCrcTable(void) {
  for (uint32_t index = 0; index < 256; index++) {
    uint32_t value = index;
    for (int bit = 0; bit < 8; bit++) value = value & 1 ? value >> 1 ^ 0xedb88320u : value >> 1;
    crcTable[index] = value;
  }
}

uint32_t crc32(uint32_t before, const void *bytes, size_t length) {
  uint32_t crc = ~before;
  for (const unsigned char *at = bytes, *end = at + length; at < end; at++) crc = crcTable[(crc ^ *at) & 255] ^ crc >> 8;
  return ~crc;
}

void startThread(void *(*part)(void *), void *argument, bool urgent) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 256 * 1024);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  if (urgent) {
    struct sched_param priority = {.sched_priority = 1};
    pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
    pthread_attr_setschedparam(&attributes, &priority);
  }
  pthread_t thread;
  errno = pthread_create(&thread, &attributes, part, argument);
  if (errno != 0) sayError("pthread_create");
}

static void mountAll(void) {
  static const char *SYSTEMS[][2] = {{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}};
  for (size_t index = 0; index < sizeof SYSTEMS / sizeof SYSTEMS[0]; index++) {
    mkdir(SYSTEMS[index][1], 0755);
    mount(SYSTEMS[index][0], SYSTEMS[index][1], SYSTEMS[index][0], 0, NULL);
  }
}

static void openConsole(void) {
  int opened = open("/dev/ttyS0", O_WRONLY | O_NOCTTY | O_CLOEXEC);
  if (opened == -1) return;
  console = opened;
  struct termios mode;
  tcgetattr(console, &mode);
  // A line ends in one byte: what goes through this port is interpreted byte by byte.
  cfmakeraw(&mode);
  tcsetattr(console, TCSANOW, &mode);
}

static void loadModules(void) {
  for (size_t index = 0; index < sizeof MODULES / sizeof MODULES[0]; index++) {
    char path[64];
    snprintf(path, sizeof path, "/modules/%s.ko", MODULES[index]);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file == -1 || (syscall(SYS_finit_module, file, "", 0) == -1 && errno != EEXIST)) sayError(path);
    if (file != -1) close(file);
  }
}

static void readBootId(void) {
  int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (file == -1 || read(file, status.bootId, sizeof status.bootId - 1) < 36) sayError("boot_id");
  if (file != -1) close(file);
}

void powerOff(void) {
  say("off");
  sync();
  // Writers go on until the end, which then finds them in the middle of something: that is what a disk must bear.
  umount2("/data", MNT_DETACH);
  sync();
  tcdrain(console);
  reboot(RB_POWER_OFF);
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  fillCrcTable();
  mountAll();
  openConsole();
  readSettings();
  readBootId();
  say("boot %s", status.bootId);
  loadModules();
  // What is in the page cache of this process only would have to be read back from nowhere.
  mlockall(MCL_CURRENT);
  if (!settings.offCounter) startThread(counter, NULL, true);
  if (!settings.offOracle) startThread(oracle, NULL, false);
  if (!settings.offWriter) startThread(writer, NULL, false);
  if (settings.busyKiBPerSec != 0) startThread(busy, NULL, false);
  if (!settings.offServers) {
    configureNetwork();
    startServers();
  }
  say("ready");
  for (;;) {
    passMicros(1000000);
    say("boot %s", status.bootId);
  }
}

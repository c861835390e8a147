// The kernel's command line:
//
//   godwit.tick=MS                    of the counter (10)
//   godwit.oracle=MIB[,PAUSE_MICROS]  memory of the oracle (64), and its pause after each page (1000: about 4 MB/s
//                                     are dirtied); needs memmap=MIBM$0x8000000
//   godwit.writer=PER_SEC[,BYTES]     records a second (20; 0: as fast as the disk), their payload (1000)
//   godwit.busy=KIB_PER_SEC[,MIB]     random writes to /dev/vdb, or to a file of that size (64) on the first disk
//   godwit.net=A.B.C.D/BITS[,GATEWAY] of eth0 (10.0.2.15/24,10.0.2.2)
//   godwit.off=a,b,c,d                without counter, oracle, writer, servers
#include "guest.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct settings settings = {
    .tickMs = 10,
    .oracleMiB = 64,
    .writesPerSec = 20,
    .writeBytes = 1000,
    .busyMiB = 64,
    .address = {10, 0, 2, 15},
    .prefixBits = 24,
    .gateway = {10, 0, 2, 2},
};

static void readNetwork(const char *text) {
  unsigned part[4], gateway[4], bits;
  int found = sscanf(text, "%u.%u.%u.%u/%u,%u.%u.%u.%u", &part[0], &part[1], &part[2], &part[3], &bits, &gateway[0],
                     &gateway[1], &gateway[2], &gateway[3]);
  if (found < 5) return say("error godwit.net=%s", text);
  for (int index = 0; index < 4; index++) {
    settings.address[index] = part[index];
    settings.gateway[index] = found == 9 ? gateway[index] : 0;
  }
  settings.prefixBits = bits;
}

static void readOff(const char *text) {
  settings.offCounter = strchr(text, 'a') != NULL;
  settings.offOracle = strchr(text, 'b') != NULL;
  settings.offWriter = strchr(text, 'c') != NULL;
  settings.offServers = strchr(text, 'd') != NULL;
}

static void readSetting(const char *name, const char *value) {
  unsigned pauseMicros;
  if (strcmp(name, "tick") == 0) {
    sscanf(value, "%u", &settings.tickMs);
  } else if (strcmp(name, "oracle") == 0) {
    if (sscanf(value, "%u,%u", &settings.oracleMiB, &pauseMicros) == 2) status.oraclePauseMicros = pauseMicros;
  } else if (strcmp(name, "writer") == 0) {
    sscanf(value, "%u,%u", &settings.writesPerSec, &settings.writeBytes);
  } else if (strcmp(name, "busy") == 0) {
    sscanf(value, "%u,%u", &settings.busyKiBPerSec, &settings.busyMiB);
  } else if (strcmp(name, "net") == 0) {
    readNetwork(value);
  } else if (strcmp(name, "off") == 0) {
    readOff(value);
  } else {
    say("error unknown option godwit.%s", name);
  }
}

void readSettings(void) {
  char line[4096];
  int file = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
  ssize_t length = file == -1 ? -1 : read(file, line, sizeof line - 1);
  if (file != -1) close(file);
  status.oraclePauseMicros = 1000;
  if (length <= 0) return sayError("/proc/cmdline");
  line[length] = '\0';
  for (char *word = strtok(line, " \n"); word != NULL; word = strtok(NULL, " \n")) {
    char *value = strchr(word, '=');
    if (strncmp(word, "godwit.", 7) != 0 || value == NULL) continue;
    *value++ = '\0';
    readSetting(word + 7, value);
  }
}

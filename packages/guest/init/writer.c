// The disk's witness: records are appended to /data/records on /dev/vda, and a record's number is told only after its
// fsync. So the host, which reads the image without this guest, must find every record that was told. At the start
// what is there already is read and checked.
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC 0x31525747u // GWR1
#define MAX_PAYLOAD_BYTES (1024 * 1024)

/** Little-endian, as the host reads it. The payload follows; the checksum is of it and of what stands before it here. */
struct header {
  uint32_t magic;
  uint32_t payloadBytes;
  uint64_t seq;
  uint32_t crc;
} __attribute__((packed));

static unsigned char payload[MAX_PAYLOAD_BYTES];

static uint32_t checksum(const struct header *header) {
  return crc32(crc32(0, header, offsetof(struct header, crc)), payload, header->payloadBytes);
}

/** Reads records until the end; what lies behind the last whole one is an append that was under way, and is cut off. */
static uint64_t replay(int file) {
  uint64_t seq = 0;
  off_t wholeBytes = 0;
  struct header header;
  for (;;) {
    ssize_t length = read(file, &header, sizeof header);
    if (length != sizeof header) break;
    if (header.magic != MAGIC || header.payloadBytes > sizeof payload || header.seq != seq + 1) {
      findBad(&diskVerdict, "record behind %lu: its header", seq);
      break;
    }
    if (read(file, payload, header.payloadBytes) != (ssize_t)header.payloadBytes) break;
    if (checksum(&header) != header.crc) {
      findBad(&diskVerdict, "record %lu: its checksum", header.seq);
      break;
    }
    seq = header.seq;
    wholeBytes += sizeof header + header.payloadBytes;
  }
  if (ftruncate(file, wholeBytes) == -1 || lseek(file, wholeBytes, SEEK_SET) == -1) sayError("records");
  return seq;
}

static void fillPayload(uint64_t seq) {
  uint64_t state = seq * 0x9e3779b97f4a7c15u + 1;
  for (unsigned at = 0; at + sizeof state <= settings.writeBytes; at += sizeof state) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    memcpy(payload + at, &state, sizeof state);
  }
}

/** False when it could not be kept, as on a disk that is full or gone. */
static bool append(int file, uint64_t seq) {
  static unsigned char record[sizeof(struct header) + MAX_PAYLOAD_BYTES];
  fillPayload(seq);
  struct header header = {.magic = MAGIC, .payloadBytes = settings.writeBytes, .seq = seq};
  header.crc = checksum(&header);
  memcpy(record, &header, sizeof header);
  memcpy(record + sizeof header, payload, header.payloadBytes);
  ssize_t bytes = sizeof header + header.payloadBytes;
  errno = ENOSPC; // A short write leaves it as it was.
  return write(file, record, bytes) == bytes && fsync(file) == 0;
}

void *writer(void *unused) {
  (void)unused;
  if (settings.writeBytes > MAX_PAYLOAD_BYTES) settings.writeBytes = MAX_PAYLOAD_BYTES;
  mkdir("/data", 0755);
  if (mount("/dev/vda", "/data", "ext4", MS_NOATIME, NULL) == -1) {
    sayError("mount /dev/vda");
    return NULL;
  }
  int file = open("/data/records", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file == -1) {
    sayError("/data/records");
    return NULL;
  }
  uint64_t seq = replay(file);
  status.diskReplayed = seq;
  status.diskSeq = seq;
  say("ready disk %lu %s", seq, verdictText(&diskVerdict));
  for (;;) {
    if (!append(file, seq + 1)) {
      findBad(&diskVerdict, "record %lu: %s", seq + 1, strerror(errno));
      sayError("append");
      return NULL;
    }
    status.diskSeq = ++seq;
    say("d %lu", seq);
    if (settings.writesPerSec != 0) passMicros(1000000 / settings.writesPerSec);
  }
}

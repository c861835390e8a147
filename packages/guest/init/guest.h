// The guest of the end-to-end tests: one static program, the first and only process of a small Linux.
// Each part is a thread of its own, and speaks in whole lines on the serial console:
//
//   boot ID                          at the start and every second (init.c)
//   t SEQ MONOTONIC_MS BOOTTIME_MS   the counter, every few milliseconds (counter.c)
//   oracle PASSES PAGE ok|BAD ...    every second (oracle.c)
//   d SEQ                            after the fsync of that record (writer.c)
//   busy WRITES BYTES ok|BAD ...     every second (busy.c)
//   ready                            all parts were started; `ready disk`: the disk is being written
//   error WHAT                       something that the host has to know of
#pragma once
#define _GNU_SOURCE
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** From the kernel's command line; see settings.c. */
struct settings {
  unsigned tickMs;
  unsigned oracleMiB;
  unsigned writesPerSec;
  unsigned writeBytes;
  unsigned busyKiBPerSec;
  unsigned busyMiB;
  unsigned char address[4];
  unsigned prefixBits;
  unsigned char gateway[4];
  bool offCounter;
  bool offOracle;
  bool offWriter;
  bool offServers;
};
extern struct settings settings;
void readSettings(void);

/** What the status line tells. Written by the part's own thread, read by any. */
struct status {
  char bootId[37];
  atomic_ulong ticks;
  atomic_ulong maxGapMs;
  atomic_ulong oraclePasses;
  atomic_ulong oraclePage;
  atomic_uint oraclePauseMicros;
  atomic_ulong diskSeq;
  atomic_ulong diskReplayed;
  atomic_ulong busyWrites;
  atomic_ulong busyBytes;
};
extern struct status status;

/** A part's verdict of itself: `ok` until the first finding, which stays. */
struct verdict {
  atomic_bool isBad;
  char text[120];
};
extern struct verdict oracleVerdict, diskVerdict, busyVerdict;
void findBad(struct verdict *verdict, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *verdictText(const struct verdict *verdict);

/** One whole line on the console, whatever other threads say at the time. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Says `error WHAT: the errno's text`. */
void sayError(const char *what);

uint64_t monotonicMs(void);
uint64_t boottimeMs(void);
void passMicros(uint64_t micros);
uint32_t crc32(uint32_t before, const void *bytes, size_t length);

/** Starts a detached thread; `urgent` ones run before all others, so that what they measure is the machine. */
void startThread(void *(*part)(void *), void *argument, bool urgent);

void *counter(void *);
void *oracle(void *);
/** Spoils a page of the oracle's memory, so that a test can see it being found. */
void damageOracle(unsigned long page);
void *writer(void *);
void *busy(void *);
void configureNetwork(void);
/** Echo on port 7, commands on port 8. */
void startServers(void);
/** Everything written, the file system unmounted, the machine off. */
void powerOff(void);

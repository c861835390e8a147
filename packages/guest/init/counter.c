// A line every few milliseconds: how long the machine stood still can be read from the stamps, by its own clocks
// from the text, by the host's from when a line came.
#include "guest.h"

void *counter(void *unused) {
  (void)unused;
  uint64_t beforeMs = monotonicMs();
  for (uint64_t seq = 1;; seq++) {
    passMicros(settings.tickMs * 1000ull);
    uint64_t nowMs = monotonicMs();
    if (nowMs - beforeMs > status.maxGapMs) status.maxGapMs = nowMs - beforeMs;
    beforeMs = nowMs;
    status.ticks = seq;
    say("t %lu %lu %lu", seq, nowMs, boottimeMs());
  }
}

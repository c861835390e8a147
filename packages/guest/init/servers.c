// Echo on port 7, commands on port 8: a line each, answered by a line.
//
//   status          a JSON object of the counters and verdicts
//   pause MICROS    the oracle's pause after each page from now on
//   damage PAGE     spoils a page of the oracle's memory
//   poweroff        no answer
#include "guest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ECHO_PORT 7
#define COMMAND_PORT 8

static struct sockaddr_in *addressOf(struct sockaddr *place, const unsigned char bytes[4]) {
  struct sockaddr_in *address = (struct sockaddr_in *)place;
  address->sin_family = AF_INET;
  memcpy(&address->sin_addr, bytes, 4);
  return address;
}

static void bringUp(int control, const char *name) {
  struct ifreq request = {0};
  strcpy(request.ifr_name, name);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (ioctl(control, SIOCSIFFLAGS, &request) == -1) sayError(name);
}

void configureNetwork(void) {
  int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  bringUp(control, "lo");
  struct ifreq request = {0};
  strcpy(request.ifr_name, "eth0");
  addressOf(&request.ifr_addr, settings.address);
  if (ioctl(control, SIOCSIFADDR, &request) == -1) {
    sayError("eth0");
    close(control);
    return;
  }
  addressOf(&request.ifr_netmask, (unsigned char[4]){0})->sin_addr.s_addr =
      htonl(settings.prefixBits == 0 ? 0 : ~0u << (32 - settings.prefixBits));
  if (ioctl(control, SIOCSIFNETMASK, &request) == -1) sayError("netmask");
  bringUp(control, "eth0");
  if (settings.gateway[0] != 0) {
    struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
    addressOf(&route.rt_dst, (unsigned char[4]){0});
    addressOf(&route.rt_genmask, (unsigned char[4]){0});
    addressOf(&route.rt_gateway, settings.gateway);
    if (ioctl(control, SIOCADDRT, &route) == -1) sayError("route");
  }
  close(control);
}

static void *echo(void *argument) {
  int connection = (int)(intptr_t)argument;
  char bytes[4096];
  for (ssize_t length; (length = read(connection, bytes, sizeof bytes)) > 0;)
    if (write(connection, bytes, length) != length) break;
  close(connection);
  return NULL;
}

static int describe(char *text, size_t room) {
  return snprintf(text, room,
                  "{\"bootId\":\"%s\",\"uptimeMs\":%lu,\"ticks\":%lu,\"maxGapMs\":%lu,\"oraclePasses\":%lu,"
                  "\"oraclePage\":%lu,\"oracle\":\"%s\",\"diskReplayed\":%lu,\"diskSeq\":%lu,\"disk\":\"%s\","
                  "\"busyWrites\":%lu,\"busyBytes\":%lu,\"busy\":\"%s\"}\n",
                  status.bootId, boottimeMs(), status.ticks, status.maxGapMs, status.oraclePasses, status.oraclePage,
                  verdictText(&oracleVerdict), status.diskReplayed, status.diskSeq, verdictText(&diskVerdict),
                  status.busyWrites, status.busyBytes, verdictText(&busyVerdict));
}

static int answer(char *text, size_t room, const char *line) {
  unsigned number;
  if (strcmp(line, "status") == 0) return describe(text, room);
  if (strcmp(line, "poweroff") == 0) powerOff();
  if (sscanf(line, "pause %u", &number) == 1)
    status.oraclePauseMicros = number;
  else if (sscanf(line, "damage %u", &number) == 1)
    damageOracle(number);
  else
    return snprintf(text, room, "unknown\n");
  return snprintf(text, room, "ok\n");
}

static void *obey(void *argument) {
  int connection = (int)(intptr_t)argument;
  FILE *lines = fdopen(connection, "r");
  char line[128], text[1024];
  while (lines != NULL && fgets(line, sizeof line, lines) != NULL) {
    line[strcspn(line, "\r\n")] = '\0';
    int length = answer(text, sizeof text, line);
    if (write(connection, text, length) != length) break;
  }
  if (lines != NULL) fclose(lines);
  return NULL;
}

struct server {
  int port;
  void *(*serve)(void *);
  bool urgent;
};

static void *listener(void *argument) {
  const struct server *server = argument;
  int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(server->port)};
  int on = 1;
  setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listening, (struct sockaddr *)&place, sizeof place) == -1 || listen(listening, 16) == -1) {
    sayError("listen");
    return NULL;
  }
  for (;;) {
    int connection = accept(listening, NULL, NULL);
    if (connection == -1) continue;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    startThread(server->serve, (void *)(intptr_t)connection, server->urgent);
  }
}

void startServers(void) {
  static struct server echoServer = {ECHO_PORT, echo, true}, commandServer = {COMMAND_PORT, obey, false};
  startThread(listener, &echoServer, true);
  startThread(listener, &commandServer, false);
}

import { godwit } from '../../generated/messages.js';
import { finite, text, uint32, within } from '../checks.js';
import { OLDEST_VERSION, PROTOCOL_VERSION } from '../frameType.js';
import { LIMITS } from '../limits.js';
import type { Message } from '../message.js';

export const Hello: Message<'Hello'> = {
  encode: (header, writer) => godwit.Hello.encode(header, writer),
  decode(reader, headerBytes) {
    const { agentVersion, token, migrationId, sessionKey, lane, heartbeatMs } = godwit.Hello.decode(
      reader,
      headerBytes,
    );
    return { agentVersion, token, migrationId, sessionKey, lane, heartbeatMs };
  },
  problem: (header) =>
    text('agentVersion', header.agentVersion) ??
    text('token', header.token, LIMITS.tokenCharacters) ??
    text('migrationId', header.migrationId) ??
    text('sessionKey', header.sessionKey) ??
    within('lane', header.lane, 0, LIMITS.lanes - 1) ??
    uint32('heartbeatMs', header.heartbeatMs),
};

export const HelloAck: Message<'HelloAck'> = {
  encode: (header, writer) => godwit.HelloAck.encode(header, writer),
  decode(reader, headerBytes) {
    const { version, agentVersion, windowBytes, heartbeatMs } = godwit.HelloAck.decode(reader, headerBytes);
    return { version, agentVersion, windowBytes, heartbeatMs };
  },
  problem: (header) =>
    within('version', header.version, OLDEST_VERSION, PROTOCOL_VERSION) ??
    text('agentVersion', header.agentVersion) ??
    within('windowBytes', header.windowBytes, 0, LIMITS.windowBytes) ??
    uint32('heartbeatMs', header.heartbeatMs),
};

export const Heartbeat: Message<'Heartbeat'> = {
  encode: (header, writer) => godwit.Heartbeat.encode(header, writer),
  decode(reader, headerBytes) {
    const { sentAtMs, echoMs } = godwit.Heartbeat.decode(reader, headerBytes);
    return { sentAtMs, echoMs };
  },
  problem: (header) => finite('sentAtMs', header.sentAtMs) ?? finite('echoMs', header.echoMs),
};

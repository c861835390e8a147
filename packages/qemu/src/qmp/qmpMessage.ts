import { type Static, Type, Value } from '@godwit/schema';

/**
 * What a QEMU program says on its monitor: one JSON object a line (docs/interop/qmp-spec.rst). Fields that are not named
 * here are let through, as the specification asks of clients.
 */
const GreetingSchema = Type.Object({
  QMP: Type.Object({
    version: Type.Object({
      qemu: Type.Object({ major: Type.Integer(), minor: Type.Integer(), micro: Type.Integer() }),
      package: Type.String(),
    }),
    capabilities: Type.Array(Type.Unknown()),
  }),
});
const ReturnSchema = Type.Object({ return: Type.Unknown(), id: Type.Integer() });
const RefusalSchema = Type.Object({
  error: Type.Object({ class: Type.String(), desc: Type.String() }),
  /** Missing where QEMU could not read what was sent. */
  id: Type.Optional(Type.Integer()),
});
const EventSchema = Type.Object({
  event: Type.String(),
  data: Type.Optional(Type.Unknown()),
  timestamp: Type.Object({ seconds: Type.Integer(), microseconds: Type.Integer() }),
});

export type QmpMessage =
  | { readonly type: 'greeting'; readonly version: QemuVersion }
  | { readonly type: 'return'; readonly id: number; readonly value: unknown }
  | { readonly type: 'refusal'; readonly id: number | undefined; readonly class: string; readonly problem: string }
  | { readonly type: 'event'; readonly event: QmpEvent };

export interface QemuVersion {
  readonly major: number;
  readonly minor: number;
  readonly micro: number;
  /** What a distribution says of its own build; may be empty. */
  readonly package: string;
}

export interface QmpEvent {
  readonly name: string;
  readonly data: unknown;
  /** Of QEMU's host, since the epoch; -1 where it could not be read. */
  readonly atMs: number;
}

/** One line; undefined when it is none of these. */
export function parseQmpLine(line: string): QmpMessage | undefined {
  const value = parseJson(line);
  if (Value.Check(GreetingSchema, value)) return { type: 'greeting', version: versionOf(value) };
  if (Value.Check(EventSchema, value)) return { type: 'event', event: eventOf(value) };
  if (Value.Check(ReturnSchema, value)) return { type: 'return', id: value.id, value: value.return };
  if (!Value.Check(RefusalSchema, value)) return undefined;
  return { type: 'refusal', id: value.id, class: value.error.class, problem: value.error.desc };
}

function versionOf({ QMP: { version } }: Static<typeof GreetingSchema>): QemuVersion {
  const { major, minor, micro } = version.qemu;
  return { major, minor, micro, package: version.package };
}

function eventOf({ event, data, timestamp: { seconds, microseconds } }: Static<typeof EventSchema>): QmpEvent {
  return { name: event, data, atMs: seconds < 0 ? -1 : seconds * 1000 + microseconds / 1000 };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { type Static, Type } from '@godwit/schema';
import { QEMU_BOUNDS } from '../bounds.js';

const strict = { additionalProperties: false };
const text = (maxLength: number, minLength = 1) => Type.String({ minLength, maxLength });
const Path = text(QEMU_BOUNDS.argumentCharacters);
const Name = Type.String({ pattern: '^[A-Za-z0-9_-]+$', minLength: 1, maxLength: QEMU_BOUNDS.nameCharacters });
const Interface = Type.String({ pattern: '^[^\\s/,:]+$', minLength: 1, maxLength: 15 });
const Port = Type.Integer({ minimum: 1, maximum: 65_535 });

const ForwardSchema = Type.Object(
  {
    protocol: Type.Union([Type.Literal('tcp'), Type.Literal('udp')]),
    host: Type.Optional(Type.String({ pattern: '^\\d{1,3}(\\.\\d{1,3}){3}$' })),
    hostPort: Port,
    guestPort: Port,
  },
  strict,
);
export const NetdevSchemas = {
  user: Type.Object(
    {
      type: Type.Literal('user'),
      forwards: Type.Optional(Type.Array(ForwardSchema, { maxItems: QEMU_BOUNDS.forwards })),
    },
    strict,
  ),
  bridge: Type.Object({ type: Type.Literal('bridge'), bridge: Interface }, strict),
  tap: Type.Object({ type: Type.Literal('tap'), ifname: Interface }, strict),
};

/** The form of `vm.json`. What a schema cannot say is in semantics.ts; netdevs are checked by their type, for errors that name it. */
export const ManifestSchema = Type.Object(
  {
    name: Name,
    uuid: Type.String({ pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' }),
    qemu: Type.Optional(
      Type.Object(
        {
          binary: Type.Optional(Path),
          args: Type.Optional(Type.Array(text(QEMU_BOUNDS.argumentCharacters, 0), { maxItems: QEMU_BOUNDS.arguments })),
        },
        strict,
      ),
    ),
    machine: text(64),
    accel: Type.Union([Type.Literal('tcg'), Type.Literal('kvm')]),
    cpu: Type.Object({ model: text(1024), count: Type.Integer({ minimum: 1, maximum: QEMU_BOUNDS.cpus }) }, strict),
    memory: Type.Object(
      { bytes: Type.Union([Type.Integer({ minimum: 1 }), text(32)]), path: Type.Optional(Path) },
      strict,
    ),
    disks: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Name,
            path: Path,
            shared: Type.Optional(Type.Boolean()),
            serial: Type.Optional(
              Type.String({ pattern: '^[A-Za-z0-9_.-]+$', maxLength: QEMU_BOUNDS.serialCharacters }),
            ),
            readOnly: Type.Optional(Type.Boolean()),
          },
          strict,
        ),
        { maxItems: QEMU_BOUNDS.disks },
      ),
    ),
    nics: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Name,
            mac: Type.String({ pattern: '^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$' }),
            netdev: Type.Object({
              type: Type.Union([Type.Literal('user'), Type.Literal('bridge'), Type.Literal('tap')]),
            }),
          },
          strict,
        ),
        { maxItems: QEMU_BOUNDS.nics },
      ),
    ),
    kernel: Type.Optional(
      Type.Object(
        { path: Path, initrd: Type.Optional(Path), append: Type.Optional(text(QEMU_BOUNDS.argumentCharacters, 0)) },
        strict,
      ),
    ),
    console: Type.Optional(Type.Object({ path: Path }, strict)),
  },
  strict,
);

export type WrittenManifest = Static<typeof ManifestSchema>;

/** What would be right, for the fields whose pattern says it to nobody: by the name of the field. */
export const EXPECTED: Readonly<Record<string, string>> = {
  name: `1 to ${QEMU_BOUNDS.nameCharacters} of A-Z a-z 0-9 _ -`,
  uuid: 'a UUID such as 6f6f4ea5-47a1-4d70-8d63-6a3a4bd3b8a1',
  machine: 'a machine type with its version, such as pc-q35-7.2',
  accel: 'tcg or kvm',
  protocol: 'tcp or udp',
  type: 'user, bridge or tap',
  mac: 'an address such as 52:54:00:12:34:56',
  serial: `1 to ${QEMU_BOUNDS.serialCharacters} of A-Z a-z 0-9 _ . -`,
  host: 'an IPv4 address such as 127.0.0.1',
  hostPort: 'a port, 1 to 65535',
  guestPort: 'a port, 1 to 65535',
  bridge: 'the name of a network interface, 1 to 15 characters',
  ifname: 'the name of a network interface, 1 to 15 characters',
  count: `a whole number, 1 to ${QEMU_BOUNDS.cpus}`,
  bytes: 'a size such as 268435456 or "256M"',
  disks: `a list of at most ${QEMU_BOUNDS.disks}`,
  nics: `a list of at most ${QEMU_BOUNDS.nics}`,
  args: `a list of at most ${QEMU_BOUNDS.arguments} texts`,
  forwards: `a list of at most ${QEMU_BOUNDS.forwards}`,
  shared: 'true or false',
  readOnly: 'true or false',
};

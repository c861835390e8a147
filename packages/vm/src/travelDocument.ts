import { GodwitError } from '@godwit/errors';
import { formatManifest, parseManifest, type VmManifest } from '@godwit/qemu';
import { type Static, type TSchema, Type, Value } from '@godwit/schema';
import { MarkerSchema } from './sharedStorage.js';

/** Name of the driver on the wire. */
export const DRIVER = 'qemu';

const TravelSchema = Type.Object({
  manifest: Type.String(),
  /** False: it is off, and its disks alone move. */
  running: Type.Boolean(),
  mapNics: Type.Record(Type.String(), Type.String()),
});
const SurveySchema = Type.Object({
  travel: TravelSchema,
  /** Of the QEMU that runs it at the source; absent of a machine that is off. */
  qemuVersion: Type.Optional(
    Type.Object({
      major: Type.Number(),
      minor: Type.Number(),
      micro: Type.Number(),
      package: Type.String(),
    }),
  ),
  cpuFlags: Type.Array(Type.String()),
  /** By name, of the disks that move: what they take on disk. */
  diskBytes: Type.Record(Type.String(), Type.Number()),
  markers: Type.Array(MarkerSchema),
});

/** What an Offer says of a machine. */
export interface Travel {
  readonly manifest: VmManifest;
  readonly running: boolean;
  readonly mapNics: Readonly<Record<string, string>>;
}

export interface SurveyQuestion extends Omit<Static<typeof SurveySchema>, 'travel'> {
  readonly travel: Travel;
}

export function formatTravel(travel: Travel): string {
  return JSON.stringify(storedTravel(travel));
}

/** @throws GodwitError E_WORKLOAD, E_MANIFEST */
export function parseTravel(document: string): Travel {
  return travelOf(parse(TravelSchema, document));
}

export function formatSurvey(question: SurveyQuestion): string {
  return JSON.stringify({ ...question, travel: storedTravel(question.travel) });
}

/** @throws GodwitError E_WORKLOAD, E_MANIFEST */
export function parseSurvey(document: string): SurveyQuestion {
  const { travel, ...rest } = parse(SurveySchema, document);
  return { ...rest, travel: travelOf(travel) };
}

function storedTravel({ manifest, running, mapNics }: Travel): Static<typeof TravelSchema> {
  return { manifest: formatManifest(manifest), running, mapNics: { ...mapNics } };
}

/** A peer names a QEMU that is found here, and no file that it would have liked to be run. */
const QEMU = /^qemu-system-[a-z0-9_]+$/;

function travelOf({ manifest: text, ...rest }: Static<typeof TravelSchema>): Travel {
  const manifest = parseManifest(text);
  const { binary } = manifest.qemu;
  if (QEMU.test(binary)) return { ...rest, manifest };
  throw new GodwitError('E_WORKLOAD', { problem: `"${binary}" is no name of a QEMU, such as qemu-system-x86_64` });
}

function parse<T extends TSchema>(schema: T, document: string): Static<T> {
  let value: unknown;
  try {
    value = JSON.parse(document);
  } catch (error) {
    throw new GodwitError('E_WORKLOAD', { problem: 'its document is no JSON' }, { cause: error });
  }
  if (!Value.Check(schema, value)) throw new GodwitError('E_WORKLOAD', { problem: 'its document has another form' });
  return value;
}

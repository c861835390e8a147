import { join } from 'node:path';
import { GodwitError } from '@godwit/errors';
import { compareHosts, describeHost, type Finding } from '@godwit/qemu';
import { Type, Value } from '@godwit/schema';
import { imageNamesOf } from './names.js';
import { mappedManifest } from './nicMap.js';
import { answerMarkers } from './sharedStorage.js';
import type { SurveyQuestion } from './travelDocument.js';
import type { VmRecord } from './vmRecord.js';

/** One line of a table; a peer that has more to say than this many has said enough. */
const FINDINGS_MAXIMUM = 40;

const FindingsSchema = Type.Array(
  Type.Object({
    severity: Type.Enum(['error', 'warning', 'note']),
    code: Type.String(),
    what: Type.String(),
    why: Type.String(),
    mend: Type.String(),
  }),
);

export interface HereToo {
  readonly dir: string;
  /** Other machines of this host. */
  readonly others: readonly VmRecord[];
  /** An earlier try left its QEMU here, which has its ports. */
  readonly isHalfHere: boolean;
}

/** What stands against a machine's coming to this host, as JSON for the source. */
export async function surveyHere(
  { travel, markers, qemuVersion, cpuFlags, diskBytes }: SurveyQuestion,
  { dir, others, isHalfHere }: HereToo,
): Promise<string> {
  const manifest = mappedManifest(travel.manifest, travel.mapNics);
  const here = await describeHost({
    manifest,
    folder: dir,
    // A disk that was here before: the way back begins with it.
    standing: [...imageNamesOf(manifest).disks.values()].map((image) => join(dir, `${image}.img`)),
    uuidsInUse: others.map((other) => other.manifest.uuid),
    namesInUse: others.map((other) => other.manifest.name),
  });
  const version = qemuVersion === undefined ? {} : { qemuVersion };
  const findings = [...compareHosts({ manifest, cpuFlags, diskBytes, ...version }, here), ...answerMarkers(markers)];
  const standing = findings.filter(({ code }) => !isHalfHere || code !== 'port-taken');
  return JSON.stringify(standing.slice(0, FINDINGS_MAXIMUM));
}

/** @throws GodwitError E_PROTOCOL */
export function parseFindings(document: string): Finding[] {
  const value: unknown = JSON.parse(document);
  if (Value.Check(FindingsSchema, value)) return value;
  throw new GodwitError('E_PROTOCOL', { problem: 'its findings have another form' });
}

import type { MigrationView } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import type { VmMove } from '../../client/vmClient.js';
import type { Finding } from '../../client/vmViews.js';
import type { CliContext, ExitCode } from '../../context.js';
import { countsInWords, renderFindings } from '../../display/findingsText.js';
import { moveInWords } from '../../display/vmText.js';
import type { Settings } from '../../settings/settings.js';
import { readFollowing, startAndFollow } from '../departure.js';
import { readDestination, readHow } from '../migrationRequest.js';
import { print, widthOf } from '../printing.js';
import { connectHost, readName } from './host.js';

/** QEMU's default of downtime-limit (qapi/migration.json). */
const DOWNTIME_DEFAULT_MS = 300;

/** `godwit vm check`: what stands against a move. 1 where it would be stopped, unless forced. */
export async function checkVm(context: CliContext, name: string, settings: Settings): Promise<ExitCode> {
  const move = readMove(settings, 'vm check');
  const { vms } = connectHost(settings);
  const findings = await vms.check(readName(name), move);
  if (settings.flag('json')) print(context, [JSON.stringify(findings)]);
  else if (findings.length === 0) print(context, [`nothing stands against moving ${name} to ${move.destination}`]);
  else print(context, [...renderFindings(findings, widthOf(context)), '', countsInWords(findings)]);
  return findings.every(({ severity }) => severity === 'note') ? 0 : 1;
}

/** `godwit vm migrate`: moves a machine against which nothing stands, and follows it to its end. */
export async function migrateVm(context: CliContext, name: string, settings: Settings): Promise<ExitCode> {
  const move = readMove(settings, 'vm migrate');
  const { downtimeLimitMs = DOWNTIME_DEFAULT_MS, ...how } = readHow(settings);
  const forceWarnings = settings.flag('forceWarnings');
  const following = readFollowing(settings);
  const { agent, vms, options } = connectHost(settings);
  const findings = await vms.check(readName(name), move);
  for (const line of renderFindings(findings, widthOf(context, context.stderr))) context.stderr.write(`${line}\n`);
  if (findings.some(({ severity }) => severity === 'error' || (severity === 'warning' && !forceWarnings))) {
    refuse(context, name, findings, following.json);
    return 1;
  }
  const request = { ...move, ...how, downtimeLimitMs, ...(forceWarnings ? { forceWarnings } : {}) };
  return startAndFollow(context, agent, following, {
    start: () => vms.migrate(name, request),
    look: (id) => `${`godwit status ${id}`.trim()}${options.other}`,
    summary: (view: MigrationView) => moveInWords(view, name, move.destination),
  });
}

/** In the words of an agent that is asked to move it all the same. */
function refuse(context: CliContext, name: string, findings: readonly Finding[], json: boolean): void {
  const code = 'E_VM_FINDINGS';
  const isHopeless = findings.some(({ severity }) => severity === 'error');
  const advice = isHopeless ? 'mend the errors first' : '--force-warnings goes on in spite of them';
  const message = `"${name}" stays where it is: ${countsInWords(findings)}; ${advice}`;
  context.stderr.write(`godwit: ${code} ${message}\n`);
  if (json) print(context, [JSON.stringify({ error: { code, message }, findings })]);
}

/** @throws GodwitError E_USAGE, E_BAD_VALUE */
function readMove(settings: Settings, command: string): VmMove {
  return {
    destination: readDestination(settings, command),
    storage: settings.choice('storage', ['copy', 'shared']),
    mapNics: settings.parsed('mapNic', parseNicMap),
  };
}

function parseNicMap(text: string, origin: string): Record<string, string> {
  const map = new Map<string, string>();
  for (const pair of text.split(',')) {
    const [, before, after] = /^([^=\s]+)=([^=\s]+)$/.exec(pair) ?? [];
    if (before === undefined || after === undefined || map.has(before)) {
      const expected = 'OLD=NEW, each OLD once, such as br0=br-lan or 2222=2223';
      throw new GodwitError('E_BAD_VALUE', { name: origin, value: pair, expected });
    }
    map.set(before, after);
  }
  return Object.fromEntries(map);
}

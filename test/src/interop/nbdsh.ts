import { runWell } from '../harness/foreignCommand.js';
import { listOf, parseJson } from '../harness/jsonGuards.js';

/** A thing to try in nbdsh: what it is called, and a Python expression with the handle `h`. */
export type Attempt = readonly [what: string, expression: string];

/**
 * Tries each with libnbd's own checks off, on one connection. `ok` or the errno of each; a connection that
 * did not answer a read afterwards shows as "dead".
 */
export async function tryInNbdsh(uri: string, attempts: readonly Attempt[]): Promise<Record<string, string>> {
  const script = [
    PROLOGUE,
    ...attempts.map(([what, expression]) => `attempt(${JSON.stringify(what)}, lambda: ${expression})`),
  ];
  const outcomes = await nbdsh(uri, `${script.join('\n')}\nprint(json.dumps(outcomes))\n`);
  return Object.fromEntries(listOf(outcomes, isPair, 'outcomes'));
}

/** Runs a script that prints one JSON text. The handle asks for base:allocation and the dirty bitmap. */
export async function nbdsh(uri: string, script: string): Promise<unknown> {
  // nbdsh starts the first python3 of the path, and Debian's binding is for Debian's.
  const env = { PATH: `/usr/bin:${process.env['PATH'] ?? ''}` };
  const connect = `h.add_meta_context("base:allocation")\nh.add_meta_context("qemu:dirty-bitmap:godwit")\nh.connect_uri(${JSON.stringify(uri)})\n`;
  return parseJson(await runWell('nbdsh', ['-c', '-'], { env, input: connect + script }));
}

const PROLOGUE = `
import json
h.set_strict_mode(0)
size = h.get_size()
FUA, DF, NO_HOLE, REQ_ONE = nbd.CMD_FLAG_FUA, nbd.CMD_FLAG_DF, nbd.CMD_FLAG_NO_HOLE, nbd.CMD_FLAG_REQ_ONE
FAST_ZERO = nbd.CMD_FLAG_FAST_ZERO
outcomes = []
def ignore(*arguments): return 0
def attempt(what, call):
    try:
        call()
        outcome = "ok"
    except nbd.Error as error:
        outcome = error.errno or "no errno"
    try:
        h.pread(512, 0)
    except nbd.Error:
        outcome += ", dead"
    outcomes.append([what, outcome])
`;

function isPair(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((item) => typeof item === 'string');
}

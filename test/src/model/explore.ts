import { type Handover, isSettled, type Next, nextOf, START, violation } from './handoverModel.js';

export interface Explored {
  readonly states: number;
  readonly steps: number;
  /** The shortest way to a state that must not be. */
  readonly broken: { readonly problem: string; readonly path: readonly string[] } | undefined;
  /** A way to a state from which nothing settles, even if no fault follows. */
  readonly stuck: readonly string[] | undefined;
  readonly phases: ReadonlySet<string>;
}

interface Visited {
  readonly state: Handover;
  readonly from: string | undefined;
  readonly by: string;
}

/** Every state that can be reached from the start, breadth first. */
export function explore(next: (state: Handover) => Next[] = nextOf): Explored {
  const seen = new Map<string, Visited>([[keyOf(START), { state: START, from: undefined, by: 'start' }]]);
  const faultless = new Map<string, string[]>();
  let steps = 0;
  let broken: Explored['broken'];
  for (const [key, { state }] of seen) {
    const problem = violation(state);
    if (problem !== undefined) {
      broken = { problem, path: pathTo(seen, key) };
      break;
    }
    for (const { name, state: to, isFault } of next(state)) {
      steps += 1;
      const toKey = keyOf(to);
      if (!seen.has(toKey)) seen.set(toKey, { state: to, from: key, by: name });
      if (!isFault) faultless.set(toKey, [...(faultless.get(toKey) ?? []), key]);
    }
  }
  const stuckKey = broken === undefined ? firstStuck(seen, faultless) : undefined;
  return {
    states: seen.size,
    steps,
    broken,
    stuck: stuckKey === undefined ? undefined : pathTo(seen, stuckKey),
    phases: new Set([...seen.values()].map(({ state }) => `${state.source.phase}/${state.destination.phase}`)),
  };
}

/** The first state that no faultless way leads on from to a settled one. */
function firstStuck(
  seen: ReadonlyMap<string, Visited>,
  faultless: ReadonlyMap<string, readonly string[]>,
): string | undefined {
  const good = new Set<string>();
  const open = [...seen].filter(([, { state }]) => isSettled(state)).map(([key]) => key);
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (good.has(key)) continue;
    good.add(key);
    open.push(...(faultless.get(key) ?? []));
  }
  return [...seen.keys()].find((key) => !good.has(key));
}

function pathTo(seen: ReadonlyMap<string, Visited>, key: string): string[] {
  const path: string[] = [];
  for (let at: string | undefined = key; at !== undefined; at = seen.get(at)?.from)
    path.unshift(seen.get(at)?.by ?? '');
  return path;
}

function keyOf(state: Handover): string {
  return JSON.stringify(state);
}

/** Fuzzes for as long as one likes: see CONTRIBUTING.md. Prints what each target's inputs came to; ends with 1 on a failure. */
import { parseArgs } from 'node:util';
import { TARGETS } from './targets.js';

/** So that a run of millions does not keep all of its inputs. */
const BATCH = 20_000;

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    target: { type: 'string' },
    path: { type: 'string' },
  },
});
const seed = Number(values.seed);
const inputs = Number(values.inputs);
const chosen = TARGETS.filter(({ name }) => values.target === undefined || name === values.target);
if (chosen.length === 0 || !(seed >= 0) || !(inputs > 0)) {
  const names = TARGETS.map(({ name }) => name).join(', ');
  throw new Error(`--inputs N --seed N [--target NAME [--path PATH]]; targets are ${names}`);
}
let stray: unknown;
process.on('unhandledRejection', (reason) => {
  stray ??= reason;
});

let failures = 0;
let total = 0;
console.log(`seed ${seed}`);
for (const target of chosen) {
  const wanted = chosen.length === 1 ? inputs : Math.max(1, Math.round((inputs * target.share) / 1000));
  const ends = new Map<string, number>();
  const startedAt = performance.now();
  let done = 0;
  let isBroken = false;
  for (let batch = 0; done < wanted && !isBroken; batch++) {
    const part = { inputs: Math.min(BATCH, wanted - done), seed: seed + batch, path: values.path };
    const { inputs: made, ends: ended, failure } = await target.run(part);
    for (const [word, count] of ended) ends.set(word, (ends.get(word) ?? 0) + count);
    done += made;
    if (failure === undefined && stray === undefined) continue;
    isBroken = true;
    failures += 1;
    console.log(failure?.report ?? stray);
    const path = failure === undefined ? '' : ` --path ${failure.path}`;
    console.log(`again: npm run fuzz -- --target ${target.name} --seed ${part.seed} --inputs ${part.inputs}${path}`);
    stray = undefined;
  }
  total += done;
  const words = [...ends].map(([word, count]) => `${word} ${count}`).join(', ');
  console.log(`${target.name}: ${done} inputs in ${Math.round((performance.now() - startedAt) / 1000)} s: ${words}`);
}
console.log(`${total} inputs, ${failures} failures`);
process.exitCode = failures === 0 ? 0 : 1;

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createMetrics } from './agentMetrics.js';

function metricOf(text: string, name: string): number {
  const line = text.split('\n').find((candidate) => candidate.startsWith(name));
  if (line === undefined) throw new Error(`no ${name} in the metrics`);
  return Number(line.split(' ').at(-1));
}

describe('createMetrics', () => {
  it('asks for gauges when scraped, until told not to', async () => {
    const metrics = createMetrics('source');
    let dirty = 5;
    const stop = metrics.onCollect(() => metrics.imageDirtyBlocks.set({ image: 'vm' }, dirty));
    const name = 'godwit_image_dirty_blocks{image="vm",role="source"}';
    expect(metricOf(await metrics.metrics(), name)).toBe(5);
    dirty = 6;
    expect(metricOf(await metrics.metrics(), name)).toBe(6);
    stop();
    dirty = 7;
    expect(metricOf(await metrics.metrics(), name)).toBe(6);
  });

  it('counts writes by image and forgets a closed one', async () => {
    const metrics = createMetrics('source');
    metrics.imageWrites.inc({ image: 'vm' });
    metrics.imageWrittenBytes.inc({ image: 'vm' }, 4096);
    metrics.migrations.inc({ state: 'completed' });
    const before = await metrics.metrics();
    expect(metricOf(before, 'godwit_image_written_bytes_total{image="vm"')).toBe(4096);
    expect(metricOf(before, 'godwit_migrations_total{state="completed"')).toBe(1);
    metrics.forgetImage('vm');
    expect(await metrics.metrics()).not.toContain('image="vm"');
  });

  it('measures the event loop: a blocked one shows, the next scrape starts anew', async () => {
    const metrics = createMetrics('destination');
    await sleep(30);
    const end = performance.now() + 150;
    while (performance.now() < end);
    await sleep(30);
    const name = 'godwit_event_loop_delay_p99_seconds';
    expect(metricOf(await metrics.metrics(), name)).toBeGreaterThan(0.1);
    expect(metricOf(await metrics.metrics(), name)).toBe(0);
  });

  it('has the metrics of the process, and two agents in one process do not clash', async () => {
    const [one, two] = [createMetrics('source'), createMetrics('destination')];
    expect(await one.metrics()).toContain('process_resident_memory_bytes');
    expect(await two.metrics()).toContain('role="destination"');
  });
});

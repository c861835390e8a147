import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { until } from '../harness/condition.js';
import { refusalOf } from '../harness/expectations.js';
import { httpCall } from '../harness/httpCall.js';
import { makeEmptyImage, makeMixedImage } from '../harness/imageFiles.js';
import { migrate, migrateCompletely } from '../harness/moving.js';
import { DISK, pairOf } from '../harness/pair.js';
import { freePort } from '../harness/ports.js';
import { stageForTest } from '../harness/testStage.js';

const SIZE_BYTES = 8 * 1024 * 1024;
const make = (path: string): void => makeMixedImage(path, SIZE_BYTES);
const TOKEN = 'a-token-of-more-than-16-characters';

describe('operations', () => {
  it('health, readiness, OpenAPI', async () => {
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, make);
    for (const agent of [source, destination]) {
      expect((await agent.api.call('GET', '/healthz')).status).toBe(200);
      expect((await agent.api.call('GET', '/readyz')).status).toBe(200);
      expect((await agent.api.call('GET', '/docs/json')).body.toString()).toContain('/v1/migrations');
    }
  });

  it('no call of the API closes what a destination serves', async () => {
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, make);
    await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    for (const name of [DISK, 'unknown']) {
      expect((await destination.api.call('DELETE', `/v1/images/${name}`)).status).toBe(404);
    }
    expect((await destination.api.call('GET', `/v1/images/${DISK}/bytes?offset=0&length=512`)).status).toBe(200);
  });

  it('metrics are Prometheus text with godwit_ names and units, and count what moved', async () => {
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, make);
    await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    for (const agent of [source, destination]) {
      // The destination ends the migration in its books a moment after the source told us so.
      const text = await until('the migration to be counted', async () => {
        const scraped = await agent.api.metrics();
        return /^godwit_migrations_total\{[^}]*state="completed"[^}]*\} 1$/m.test(scraped) ? scraped : undefined;
      });
      expect(text).toMatch(/^godwit_event_loop_delay_p99_seconds/m);
      const wireBytes = /^godwit_migration_wire_bytes_total(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1];
      expect(Number(wireBytes)).toBeGreaterThan(1024 * 1024);
    }
  });

  it('logs are JSON lines, one for each state and round, and none for extents', async () => {
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, (path) => makeMixedImage(path, 4 * SIZE_BYTES));
    const view = await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    await source.stop();
    // Beside the log a daemon says in words where it listens and that it closes.
    const lines = source.output
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('godwit source: '));
    for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
    const about = lines.filter((line) => line.includes(view.id));
    expect(about.length).toBeGreaterThanOrEqual(3);
    expect(about.length).toBeLessThan(20 + 2 * view.rounds.length);
  });
});

describe('configuration', () => {
  it('is taken from a file, over which a variable goes, over which a flag goes', async () => {
    const stage = stageForTest();
    makeEmptyImage(stage.path('disk.raw'), 4096);
    const ports = [await freePort(), await freePort(), await freePort()] as const;
    const config = stage.path('config.json');
    const listens = ports.map((port) => `127.0.0.1:${port}`);
    writeFileSync(
      config,
      JSON.stringify({
        image: [`${DISK}=${stage.path('disk.raw')}`],
        listen: listens[0],
        stateDir: stage.path('state'),
      }),
    );
    const plan = { role: 'source', args: ['--config', config] } as const;
    const fromFile = await stage.start({ ...plan, apiUrl: `http://${listens[0]}` });
    expect((await fromFile.api.images()).map(({ name }) => name)).toEqual([DISK]);
    await fromFile.stop();
    const env = { GODWIT_LISTEN: listens[1] ?? '' };
    const fromVariable = await stage.start({ ...plan, env, apiUrl: `http://${listens[1]}` });
    await fromVariable.stop();
    const args = [...plan.args, '--listen', listens[2] ?? ''];
    await stage.start({ ...plan, args, env, apiUrl: `http://${listens[2]}` });
  });
});

describe('the bearer token', () => {
  it('is asked for by the API of both ends', async () => {
    const stage = stageForTest();
    const tokenFile = stage.path('token');
    writeFileSync(tokenFile, `${TOKEN}\n`);
    const secured = { token: TOKEN, args: ['--token-file', tokenFile] };
    const { source, destination } = await pairOf(stage, make, { source: secured, destination: secured });
    for (const agent of [source, destination]) {
      for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: TOKEN }]) {
        const answer = await httpCall({ method: 'GET', url: `${agent.api.url}/v1/images`, headers });
        expect(answer.status).toBe(401);
        expect(answer.body.toString()).toContain('E_UNAUTHORIZED');
        expect(answer.body.toString()).not.toContain(TOKEN);
      }
    }
    const view = await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    expect(view.state).toBe('completed');
    expect(source.output + destination.output).not.toContain(TOKEN);
  });

  it('is asked for in the hello of the protocol', async () => {
    const stage = stageForTest();
    const tokenFile = stage.path('token');
    writeFileSync(tokenFile, `${TOKEN}\n`);
    const { source, destination } = await pairOf(stage, make, {
      destination: { token: TOKEN, args: ['--token-file', tokenFile] },
    });
    const view = await migrate(source.api, { images: [DISK], destination: destination.address });
    expect(view.state).toBe('failed');
    expect(`${view.error?.code} ${view.error?.message}`).toContain('E_UNAUTHORIZED');
    expect(await refusalOf(destination.api.image(DISK))).toMatchObject({ code: 'E_NOT_FOUND' });
  });
});

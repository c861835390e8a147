/** What a destination does while a workload is made ready there, or is being taken over: a machine may take long. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLogger, createMetrics, NbdService, OwnershipStore } from '../../../packages/agent/dist/index.js';
import { ReceivingSide } from '../../../packages/dest-agent/dist/index.js';
import { PROTOCOL_VERSION } from '../../../packages/protocol/dist/index.js';
import { FakeSource, MIGRATION_ID } from '../fakes/fakeSource.js';
import { WireConnection } from '../fakes/wireConnection.js';

const loopback = { host: '127.0.0.1', port: 0 };
const NO_NBD = { wait: false, farewell: 'eshutdown', tls: { mode: 'off' } } as const;
const IMAGE = Buffer.alloc(1024 * 1024, 7);
const logger = createLogger('silent');
/** A busy host is no reason to fail. */
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000 });

let folder: string;
let receiving: ReceivingSide;
let ownership: OwnershipStore;
/** What the workload was told, in this order. */
let told: string[];
let preparing: Promise<void>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-arrivals-'));
  const [dir, stateDir] = [join(folder, 'images'), join(folder, 'state')];
  for (const made of [dir, stateDir]) mkdirSync(made);
  told = [];
  preparing = Promise.resolve();
  const tell = (word: string) => async () => void told.push(word);
  const workload = {
    prepare: () => {
      told.push('prepare');
      return preparing;
    },
    load: tell('load'),
    run: tell('run'),
    abandon: tell('abandon'),
  };
  ownership = await OwnershipStore.open(stateDir);
  const more = { listen: loopback, api: loopback, peerTimeoutMs: 60_000, hooks: { timeoutMs: 5000 }, nbd: NO_NBD };
  receiving = new ReceivingSide({
    options: { dir, stateDir, logger, ...more },
    dir,
    ownership,
    nbd: new NbdService(NO_NBD, logger, dir),
    metrics: createMetrics('destination'),
    workloads: { survey: async (_, document) => `of ${document}`, receive: () => workload },
  });
  await receiving.listen();
  receiving.admit();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await receiving.end();
  await receiving.images.closeAll();
  await ownership.close();
  rmSync(folder, { recursive: true });
});

async function greeted(): Promise<WireConnection> {
  const control = await WireConnection.dial(receiving.port ?? 0, 'control', PROTOCOL_VERSION);
  const who = { agentVersion: 'fake', token: '', lane: 0, heartbeatMs: 300 };
  control.send('Hello', { ...who, migrationId: '', sessionKey: '' });
  await control.next('HelloAck');
  return control;
}

async function askedFor(migrationId: string): Promise<WireConnection> {
  const control = await greeted();
  control.send('Resolve', { migrationId, names: ['mem'], epochs: [1] });
  return control;
}

it('answers who asks about others while one is made ready, and who asks about that one when it knows', async () => {
  let ready: () => void = () => undefined;
  preparing = new Promise((resolve) => {
    ready = resolve;
  });
  const moving = new FakeSource('mem', IMAGE, PROTOCOL_VERSION, 'machine').moveTo(receiving.port ?? 0);
  moving.catch(() => undefined);
  await eventually(() => expect(told).toEqual(['prepare']));
  const surveying = await greeted();
  surveying.send('Survey', { workload: 'machine', document: 'another' });
  expect(await surveying.next('Findings')).toMatchObject({ document: 'of another' });
  const itself = await askedFor(MIGRATION_ID);
  const other = await askedFor('99999999-2222-4333-8444-555555555555');
  expect(await other.next('Outcome')).toMatchObject({ state: 'unknown' });
  expect(itself.received.map(({ type }) => type)).not.toContain('Outcome');
  ready();
  expect(await itself.next('Outcome')).toMatchObject({ state: 'aborted' });
  await expect(moving).rejects.toThrow();
});

it('leaves a machine alone that is being taken over when the agent ends', async () => {
  const hold = join(folder, 'owner');
  vi.stubEnv('GODWIT_TEST_HOLD', `dest.before-owner:${hold}`);
  const moving = new FakeSource('mem', IMAGE, PROTOCOL_VERSION, 'machine').moveTo(receiving.port ?? 0);
  moving.catch(() => undefined);
  await eventually(() => expect(existsSync(`${hold}.held`)).toBe(true));
  await receiving.migrations.shutDown();
  expect(told).toEqual(['prepare', 'load']);
  writeFileSync(hold, '');
  await eventually(() => expect(told).toEqual(['prepare', 'load', 'run']));
  expect(ownership.get('mem')).toMatchObject({ role: 'owner' });
  await expect(moving).rejects.toThrow();
});

it('takes what its source offers anew, once the migration that it gave up has ended', async () => {
  let ready: () => void = () => undefined;
  preparing = new Promise((resolve) => {
    ready = resolve;
  });
  const sourceId = '77777777-2222-4333-8444-555555555555';
  const source = (migrationId: string) =>
    new FakeSource('mem', IMAGE, PROTOCOL_VERSION, 'machine', { migrationId, sourceId });
  const given = await source(MIGRATION_ID).offerOnly(receiving.port ?? 0);
  await eventually(() => expect(told).toEqual(['prepare']));
  given.close();
  const anew = source('88888888-2222-4333-8444-555555555555').moveTo(receiving.port ?? 0);
  ready();
  await anew;
  expect(told).toEqual(['prepare', 'abandon', 'prepare', 'load', 'run']);
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogLines } from '../http/testAgent.js';
import { createLogger } from '../logging/logger.js';
import { OTHER, OWN } from '../testing/certificates.js';
import { AgentTls } from './agentTls.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-tls-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string) => join(folder, `${name}.pem`);

function write(material: Partial<typeof OWN>): void {
  for (const [name, content] of Object.entries(material)) writeFileSync(file(name), content);
}

function opened(allowPeers: readonly string[] = []) {
  write(OWN);
  const tls = new AgentTls({ cert: file('cert'), key: file('key'), ca: file('ca') }, allowPeers);
  const log = new LogLines();
  const heard: string[] = [];
  tls.onRenewed(({ cert }) => heard.push(cert));
  return { tls, log, heard, reload: () => tls.reload(createLogger('info', log)) };
}

describe('the certificate of an agent', () => {
  it('proves it to others with its names, where there is an authority', () => {
    expect(opened(['b.example']).tls.peer).toEqual({ ...OWN, allowPeers: ['b.example'] });
    expect(new AgentTls({ cert: file('cert'), key: file('key') }, []).peer).toBeUndefined();
  });

  it('is read again, and whoever uses it is told', () => {
    const { tls, log, heard, reload } = opened();
    write(OTHER);
    expect(tls.material).toEqual(OWN);
    reload();
    expect([tls.material, heard]).toEqual([OTHER, [OTHER.cert]]);
    expect(log.lines.join()).toContain('were read again');
  });

  it.each([
    ['is missing', () => rmSync(file('key')), 'no such file'],
    ['is no PEM', () => write({ cert: 'nothing' }), 'it holds no certificate in PEM'],
    ["is another's", () => write({ key: OTHER.key }), 'it is not the key of the certificate'],
  ])('stays as it was when a file %s, which is said in one line', (_, spoil, problem) => {
    const { tls, log, heard, reload } = opened();
    spoil();
    reload();
    expect([tls.material, heard]).toEqual([OWN, []]);
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]).toContain(problem);
  });
});

/** What operators and probes ask: alive, ready, counters. */

import { Type } from '@godwit/schema';
import type { Registry } from 'prom-client';
import type { Api } from './api.js';

const UNAVAILABLE = 503;

const HealthSchema = Type.Object({ status: Type.String() });

export function registerOperations(app: Api, metrics: Registry, ready: () => boolean): void {
  const tags = ['operations'];
  app.get(
    '/healthz',
    { schema: { tags, summary: 'Alive', response: { 200: HealthSchema } }, exposeHeadRoute: true },
    async () => ({ status: 'ok' }),
  );
  app.get(
    '/readyz',
    {
      schema: { tags, summary: 'Ready to work', response: { 200: HealthSchema, 503: HealthSchema } },
      exposeHeadRoute: true,
    },
    async (_request, reply) => (ready() ? { status: 'ready' } : reply.code(UNAVAILABLE).send({ status: 'not ready' })),
  );
  app.get('/metrics', { schema: { tags, summary: 'Prometheus metrics' } }, async (_request, reply) => {
    const text = await metrics.metrics();
    return reply.type(metrics.contentType).send(text);
  });
}

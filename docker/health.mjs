// Exits 0 when the daemon of this container answers /healthz. A container runs one daemon, the source
// (7301) or the destination (7401); HEALTH_URL names another address.
const urls = process.env.HEALTH_URL
  ? [process.env.HEALTH_URL]
  : ['http://127.0.0.1:7301/healthz', 'http://127.0.0.1:7401/healthz'];

const answers = await Promise.allSettled(urls.map((url) => fetch(url, { signal: AbortSignal.timeout(2000) })));
process.exit(answers.some((answer) => answer.status === 'fulfilled' && answer.value.ok) ? 0 : 1);

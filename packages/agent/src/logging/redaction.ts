/**
 * Keeps an agent's token out of what it writes, wherever somebody has put it: in a URL, in a name, in the host of a
 * destination. The logger and the API use it on what leaves, for no list of fields knows all the places.
 */
const CENSOR = '[redacted]';

/** Replaces each secret, as it is and as JSON and URLs have it. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const forms = secrets
    .filter((secret) => secret !== '')
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  const distinct = [...new Set(forms)];
  return (text) => distinct.reduce((left, form) => left.replaceAll(form, CENSOR), text);
}

/** A URL as it may be shown: what stands behind the path is the client's own, and may be anything. */
export function withoutQuery(url: string): string {
  return url.split('?', 1)[0] ?? '';
}

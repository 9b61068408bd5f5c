import { readFileSync } from 'node:fs';

/** Memory that the pod of the API may have by its manifest, in MiB. */
export function podLimit(): number {
  const text = readFileSync('k8s/base/api/deployment.yaml', 'utf8');
  const container = text.slice(text.indexOf('        - name: api\n'));
  const limit = Number(/limits: \{ memory: (\d+)Mi/.exec(container)?.[1]);
  if (!(limit > 0)) throw new Error('the manifest of the API names no limit of memory');
  return limit;
}

/** Options of Node.js that give its heap what the image gives it in a pod of `limit` MiB. */
export function podNodeOptions(limit: number): string[] {
  const share = /NODE_OPTIONS=--max-old-space-size-percentage=(\d+)/;
  const percent = Number(share.exec(readFileSync('Dockerfile', 'utf8'))?.[1]);
  if (!(percent > 0)) throw new Error('the Dockerfile names no share for the heap');
  // The option of the image needs a newer Node.js than the tests; it comes to this.
  return [`--max-old-space-size=${Math.floor((limit * percent) / 100)}`];
}

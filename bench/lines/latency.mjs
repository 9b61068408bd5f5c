import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import {
  ask,
  clients,
  inTurn,
  kickOffHeaders,
  percentile,
  ratios,
  remove,
  summary,
  timeExport,
} from '../measure.mjs';
import { openStore, sampleData } from '../store.mjs';

const pollers = 50;
/** Kick-offs a second while an export is active; each is checked in full and answered 429. */
const kickOffsPerSecond = 20;

export const latency = {
  name: 'latency',
  about: `status and kick-off requests while exporting, ${pollers} pollers at once`,
  async *measure({ under, sizes, rounds }) {
    if (clients.length === 1) {
      yield { what: this.about, missing: 'pollers need a loopback address each (Linux)' };
      return;
    }
    const store = await openStore(under, sampleData(sizes.at(-1)));
    try {
      const idle = [];
      const busy = { status: [], kickOff: [] };
      const seconds = await inTurn(`latency ${store.resources}`, rounds, async (round) => {
        const alone = await timeExport(store.base, '/$export');
        idle.push(...(await pollIdle(alone.url)));
        await remove(alone);
        const { seconds: polled, latencies } = await exportWithPollers(store.base);
        if (round > 0) {
          busy.status.push(...latencies.status);
          busy.kickOff.push(...latencies.kickOff);
        }
        return { alone: alone.seconds, polled };
      });
      for (const [kind, what] of [
        ['status', 'status request while exporting'],
        ['kickOff', 'kick-off while exporting (429)'],
      ]) {
        yield {
          what: `${what}, ${pollers} pollers: p99 of ${busy[kind].length}, beside an idle status request`,
          size: store.resources,
          unit: 'ms',
          reference: summary([percentile(idle, 0.99)]),
          subject: {
            median: percentile(busy[kind], 0.99),
            min: percentile(busy[kind], 0.5),
            max: Math.max(...busy[kind]),
          },
          bounds: 'p50–max',
          target: 50,
          judged: 'subject',
        };
      }
      yield {
        what: `the export with ${pollers} pollers against without`,
        size: store.resources,
        unit: 's',
        reference: summary(seconds.alone),
        subject: summary(seconds.polled),
        ratio: ratios(seconds.polled, seconds.alone),
        target: 1.05,
      };
    } finally {
      await store.close();
    }
  },
};

/** Status requests of a finished export, one after the other. */
async function pollIdle(url) {
  const times = [];
  for (let i = 0; i < 50; i += 1) {
    times.push((await ask(url, clients[100 + i])).ms);
    await pause(5);
  }
  return times;
}

/** An export that 50 clients poll once a second each, while another tries to kick off. */
async function exportWithPollers(base) {
  const latencies = { status: [], kickOff: [] };
  const running = new AbortController();
  const { signal } = running;
  setMaxListeners(2 * pollers, signal);
  let others;
  const result = await timeExport(base, '/$export', (url) => {
    others = Promise.all([
      ...Array.from({ length: pollers }, (_, i) => poll(url, i, latencies.status, signal)),
      tryToKickOff(base, latencies.kickOff, signal),
    ]);
  });
  running.abort();
  await others;
  await remove(result);
  return { seconds: result.seconds, latencies };
}

async function poll(url, i, times, signal) {
  await rest((i / pollers) * 1000, signal);
  while (!signal.aborted) {
    const { ms } = await ask(url, clients[100 + i]);
    times.push(ms);
    await rest(1000 - ms, signal);
  }
}

async function tryToKickOff(base, times, signal) {
  while (!signal.aborted) {
    const { ms, status, headers } = await ask(`${base}/$export`, clients[199], kickOffHeaders);
    // The one that comes when the export has just ended is accepted.
    if (status === 202) await remove({ url: headers['content-location'] });
    else times.push(ms);
    await rest(1000 / kickOffsPerSecond - ms, signal);
  }
}

/** A pause that ends when the export does. */
async function rest(ms, signal) {
  await pause(Math.max(0, ms), undefined, { signal }).catch(() => undefined);
}

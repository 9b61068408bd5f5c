import { Deployment } from '../support/deployment.ts';
import { begin, finished } from '../support/export-client.ts';

test('with ON_BUSY=queue exports wait for the slot and run one after the other', async () => {
  const sluice = await Deployment.create({ ON_BUSY: 'queue' });
  try {
    const { base } = await sluice.startApi();
    const urls = [await begin(base), await begin(base), await begin(base)];
    const slots = await sluice.query('select from sluice.exports where slot is not null');
    expect(slots).toHaveLength(1);
    await sluice.startWorker();
    for (const url of urls) expect((await finished(url, 30_000)).output).toEqual([]);
  } finally {
    await sluice.drop();
  }
}, 60_000);

import { Metrics } from './metrics.ts';

test('a process has the metrics that are its own, and those of its runtime', async () => {
  const text = await new Metrics('worker').text();
  expect(text).toContain('sluice_lease_losses_total 0');
  expect(text).toContain('process_resident_memory_bytes');
  expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
  expect(text).not.toContain('sluice_kick_offs_total');
});

test('what is counted, observed and set can be read', async () => {
  const metrics = new Metrics('api');
  metrics.count('sluice_kick_offs_total', { outcome: 'busy' });
  metrics.count('sluice_kick_offs_total', { outcome: 'busy' }, 2);
  metrics.observe(
    'sluice_http_request_duration_seconds',
    { operation: 'status', status: '2xx' },
    0.02,
  );
  metrics.set('sluice_slot_held_seconds', {}, 7);
  const text = await metrics.text();
  expect(text).toContain('sluice_kick_offs_total{outcome="busy"} 3');
  expect(text).toContain('sluice_kick_offs_total{outcome="accepted"} 0');
  expect(text).toContain(
    'sluice_http_request_duration_seconds_bucket{le="0.025",operation="status",status="2xx"} 1',
  );
  expect(text).toContain('sluice_slot_held_seconds 7');
});

test('gauges are brought up to date whenever they are read', async () => {
  const metrics = new Metrics('api');
  let asked = 0;
  metrics.beforeRead(async () => {
    asked += 1;
    metrics.set('sluice_exports', { state: 'running' }, await Promise.resolve(asked));
  });
  await metrics.text();
  expect(await metrics.text()).toContain('sluice_exports{state="running"} 2');
});

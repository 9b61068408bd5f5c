import { checks } from './checks/index.ts';
import { installDefinitions, installSurroundings, startApiServer } from './support/api-server.ts';
import type { ApiServer } from './support/api-server.ts';
import { podsOf, type Manifest } from './support/manifest.ts';
import { render } from './support/render.ts';
import { faults, type Fault } from './support/faults.ts';

let api: ApiServer;
let eks: readonly Manifest[];
let local: readonly Manifest[];

beforeAll(async () => {
  api = await startApiServer();
  await installDefinitions(api);
  ({ manifests: eks } = await render({ on: 'overlays/eks', components: ['ingress'] }));
  ({ manifests: local } = await render({ on: 'overlays/local', components: [] }));
  await installSurroundings(api, [...eks, ...local]);
});

afterAll(async () => {
  await api.stop();
});

test('there are thirty faults and more, each with its own title', () => {
  expect(new Set(faults.map(({ title }) => title)).size).toBe(faults.length);
  expect(faults.length).toBeGreaterThanOrEqual(30);
});

test.each(faults)('$refusedBy refuses $title', async (fault) => {
  const manifests = structuredClone(fault.in === 'local' ? local : eks) as Manifest[];
  const changed = breakOne(manifests, fault);
  switch (fault.refusedBy) {
    case 'apiServer':
      expect(await api.dryRun([changed])).toMatchObject({ code: 1 });
      break;
    case 'podSecurity': {
      const { code, stderr } = await api.dryRun(podsOf([changed]));
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringContaining('PodSecurity') as string,
      });
      break;
    }
    default:
      expect(checks[fault.refusedBy](manifests)).not.toEqual([]);
  }
});

/** Puts the fault in; answers the object that has it. */
function breakOne(manifests: Manifest[], { object, at, value }: Fault): Manifest {
  const [kind, name = ''] = object.split('/');
  const found = manifests.find(
    (manifest) => manifest.kind === kind && manifest.metadata.name.startsWith(name),
  );
  if (!found) throw new Error(`${object} is not there`);
  if (at === '') manifests.push(found);
  else setAt(found, at, value);
  return found;
}

/** Sets what a JSON pointer leads to, or takes it away; all but the last step has to be there. */
function setAt(object: object, pointer: string, value: unknown): void {
  const steps = pointer.split('/').slice(1);
  const [last = '', ...before] = steps.map((step) => step.replaceAll('~1', '/')).reverse();
  let inner = object as Record<string, unknown>;
  for (const step of before.reverse()) {
    if (typeof inner[step] !== 'object') throw new Error(`${pointer}: no ${step}`);
    inner = inner[step] as Record<string, unknown>;
  }
  if (value === undefined) delete inner[last];
  else inner[last] = value;
}

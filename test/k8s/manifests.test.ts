import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { checks } from './checks/index.ts';
import { installDefinitions, installSurroundings, startApiServer } from './support/api-server.ts';
import type { ApiServer } from './support/api-server.ts';
import { podsOf, type Manifest } from './support/manifest.ts';
import {
  readKustomization,
  render,
  renderUnpatched,
  variantName,
  variants,
  type Rendering,
} from './support/render.ts';
import { repository } from './support/tools.ts';

const k8s = join(repository, 'k8s');
const names = variants.map((variant) => [variantName(variant), variant] as const);

let api: ApiServer;
const rendered = new Map<string, Rendering>();

beforeAll(async () => {
  api = await startApiServer();
  await installDefinitions(api);
  for (const [name, variant] of names) {
    const rendering = await render(variant);
    await installSurroundings(api, rendering.manifests);
    rendered.set(name, rendering);
  }
});

afterAll(async () => {
  await api.stop();
});

test('every overlay and every component is in a variant', () => {
  const overlays = readdirSync(join(k8s, 'overlays')).map((name) => `overlays/${name}`);
  const components = readdirSync(join(k8s, 'components'));
  expect(new Set(variants.map(({ on }) => on))).toEqual(new Set(['base', ...overlays]));
  expect(new Set(variants.flatMap((variant) => variant.components))).toEqual(new Set(components));
});

describe.each(names)('%s', (name, variant) => {
  const text = (): string => rendered.get(name)?.text ?? '';
  const manifests = (): readonly Manifest[] => rendered.get(name)?.manifests ?? [];

  test('the API server would take every object, strictly and without a warning', async () => {
    expect(await api.dryRun(text())).toMatchObject({ code: 0, stderr: '' });
  });

  test('a namespace that enforces `restricted` would take every pod', async () => {
    expect(await api.dryRun(podsOf(manifests()))).toMatchObject({ code: 0, stderr: '' });
  });

  test.each(Object.entries(checks))('%s finds nothing', (check, faultsOf) => {
    const faults = faultsOf(manifests());
    // Where files go is for an overlay to say.
    if (name === 'base' && check === 'acceptedSettings') {
      expect(faults.filter((fault) => !fault.includes('BOX_FHIR_BULK_STORAGE_PROVIDER'))).toEqual(
        [],
      );
    } else expect(faults).toEqual([]);
  });

  test('every patch has something to change', async () => {
    const { on, components } = variant;
    // Components come on top of an overlay, so its own patches are looked at without them.
    const steps = [
      { folder: on, without: { ...variant, components: [] } },
      ...components.map((name) => ({ folder: `components/${name}`, without: variant })),
    ];
    for (const { folder, without } of steps) {
      const { patches = [] } = await readKustomization(join(k8s, folder, 'kustomization.yaml'));
      if (patches.length === 0) continue;
      const before = await renderUnpatched(without, folder);
      const targets = patches.map(
        ({ target, patch = '' }) => target ?? targetOf(parse(patch) as Manifest),
      );
      const unmet = targets.filter(
        ({ kind = '.*', name: wanted = '.*' }) =>
          !before.some(
            (manifest) =>
              whole(kind).test(manifest.kind) && whole(wanted).test(manifest.metadata.name),
          ),
      );
      expect({ folder, unmet }).toEqual({ folder, unmet: [] });
    }
  });
});

function targetOf({ kind, metadata: { name } }: Manifest): { kind: string; name: string } {
  return { kind, name };
}

/** As kustomize reads the names in a target. */
function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`);
}

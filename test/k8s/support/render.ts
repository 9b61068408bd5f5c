import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { parseManifests, type Manifest } from './manifest.ts';
import { repository, run } from './tools.ts';

/** An overlay, or the base, and the components on top of it. */
export interface Variant {
  readonly on: string;
  readonly components: readonly string[];
  /** With alerts and dashboard. */
  readonly monitoring?: true;
}

/** Every overlay, and every component on an overlay that it is meant for. */
export const variants: readonly Variant[] = [
  { on: 'base', components: [] },
  ...['eks', 'gke', 'aks', 'local'].map((name) => ({ on: `overlays/${name}`, components: [] })),
  { on: 'overlays/eks', components: ['eks-pod-identity'] },
  { on: 'overlays/gke', components: ['worker-hpa', 'gateway'] },
  { on: 'overlays/aks', components: ['workers-to-zero', 'ingress'] },
  { on: 'overlays/local', components: ['worker-hpa'], monitoring: true },
  { on: 'overlays/eks', components: ['external-secret', 'ingress', 'workers-to-zero'] },
];

/** A name for a test. */
export function variantName({ on, components, monitoring }: Variant): string {
  return [on, ...components, ...(monitoring ? ['monitoring'] : [])].join(' + ');
}

/** A kustomization, as far as the tests look at it. */
export interface Kustomization {
  resources?: string[];
  components?: string[];
  patches?: {
    target?: { group?: string; version?: string; kind?: string; name?: string };
    patch?: string;
  }[];
  [field: string]: unknown;
}

/** What `kubectl apply -k` would send, as text and read. */
export interface Rendering {
  readonly text: string;
  readonly manifests: readonly Manifest[];
}

/** Renders a variant. */
export async function render(variant: Variant): Promise<Rendering> {
  return await withCopy(async (k8s) => await renderFolder(await addVariant(k8s, variant)));
}

/** Renders what the patches of one kustomization of a variant have to work on. */
export async function renderUnpatched(
  variant: Variant,
  folder: string,
): Promise<readonly Manifest[]> {
  const { manifests } = await withCopy(async (k8s) => {
    const file = join(k8s, folder, 'kustomization.yaml');
    const kustomization = await readKustomization(file);
    delete kustomization.patches;
    // kustomize takes no kustomization with nothing in it.
    const configMapGenerator = [{ name: 'nothing', literals: ['a=b'] }];
    await writeFile(file, stringify({ configMapGenerator, ...kustomization }));
    return await renderFolder(await addVariant(k8s, variant));
  });
  return manifests;
}

/** Reads a kustomization. */
export async function readKustomization(file: string): Promise<Kustomization> {
  return parse(await readFile(file, 'utf8')) as Kustomization;
}

async function withCopy<T>(work: (k8s: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-k8s-'));
  try {
    await cp(join(repository, 'k8s'), join(folder, 'k8s'), { recursive: true });
    return await work(join(folder, 'k8s'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function addVariant(k8s: string, variant: Variant): Promise<string> {
  const { on, components, monitoring } = variant;
  const folder = join(k8s, 'variant');
  await mkdir(folder);
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: 'sluice',
    resources: [`../${on}`, ...(monitoring ? ['../monitoring'] : [])],
    components: components.map((name) => `../components/${name}`),
  };
  await writeFile(join(folder, 'kustomization.yaml'), stringify(kustomization));
  return folder;
}

async function renderFolder(folder: string): Promise<Rendering> {
  const { code, stdout, stderr } = await run('kubectl', ['kustomize', folder]);
  if (code !== 0 || stderr !== '') throw new Error(`kustomize: ${stderr}`);
  return { text: stdout, manifests: parseManifests(stdout) };
}

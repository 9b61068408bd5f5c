import { parseAllDocuments } from 'yaml';

/** A container, as far as the checks look at it. */
export interface Container {
  name: string;
  image: string;
  args?: string[];
  ports?: { name: string; containerPort: number }[];
  env?: { name: string; value?: string; valueFrom?: Record<string, KeyReference> }[];
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  securityContext?: Record<string, unknown>;
  volumeMounts?: { name: string; mountPath: string }[];
  lifecycle?: { preStop?: { sleep?: { seconds: number } } };
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
}

/** A probe, as far as the checks look at it. */
export interface Probe {
  httpGet?: { path: string; port: string | number };
  exec?: { command: string[] };
}

/** Reference to a key of a ConfigMap or Secret. */
export interface KeyReference {
  name: string;
  key: string;
}

/** What a pod is made of. */
export interface PodSpec {
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  priorityClassName?: string;
  terminationGracePeriodSeconds?: number;
  containers: Container[];
  initContainers?: Container[];
  volumes?: {
    name: string;
    emptyDir?: object;
    configMap?: { name: string };
    secret?: { secretName: string };
  }[];
  [field: string]: unknown;
}

/** Labels by name. */
export type Labels = Record<string, string>;

/** One object of a rendering; `spec` is read as each kind has it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Labels; annotations?: Labels };
  // What the API server makes of it is the API server's to check.
  spec: Record<string, never>;
  data?: Record<string, string>;
  [field: string]: unknown;
}

/** The objects of a YAML text. */
export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => {
    const [error] = document.errors;
    if (error) throw error;
    return document.toJS() as Manifest;
  });
}

/** Text of objects; JSON, of which every reader of YAML thinks the same. */
export function formatManifests(manifests: readonly object[]): string {
  return manifests.map((manifest) => `${JSON.stringify(manifest)}\n`).join('---\n');
}

/** `Kind/name`, by which faults name an object. */
export function nameOf({ kind, metadata }: Manifest): string {
  return `${kind}/${metadata.name}`;
}

/** Pods as their owner describes them. */
export interface PodTemplate {
  readonly owner: Manifest;
  readonly labels: Labels;
  readonly spec: PodSpec;
}

/** Every pod template of a rendering. */
export function podTemplates(manifests: readonly Manifest[]): PodTemplate[] {
  return manifests
    .filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind))
    .map((owner) => {
      const { template } = owner.spec as unknown as {
        template: { metadata?: { labels?: Labels }; spec: PodSpec };
      };
      return { owner, labels: template.metadata?.labels ?? {}, spec: template.spec };
    });
}

/** The pods themselves, as their controllers would make them. */
export function podsOf(manifests: readonly Manifest[]): object[] {
  return podTemplates(manifests).map(({ owner, labels, spec }) => {
    const { volumeClaimTemplates = [] } = owner.spec as unknown as {
      volumeClaimTemplates?: Manifest[];
    };
    const claims = volumeClaimTemplates.map(({ metadata: { name } }) => ({ name, emptyDir: {} }));
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: owner.metadata.name, namespace: 'sluice', labels },
      spec: { ...spec, volumes: [...(spec.volumes ?? []), ...claims] },
    };
  });
}

/** All containers of a pod, those that run first included. */
export function containersOf({ containers, initContainers = [] }: PodSpec): Container[] {
  return [...initContainers, ...containers];
}

/** A label selector. */
export interface Selector {
  matchLabels?: Labels;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** Whether labels fit a selector; an empty selector fits all. */
export function selects(
  { matchLabels = {}, matchExpressions = [] }: Selector,
  labels: Labels,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(
      ({ key, operator, values = [] }) => operator === 'In' && values.includes(labels[key] ?? ''),
    )
  );
}

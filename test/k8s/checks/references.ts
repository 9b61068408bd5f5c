import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { containersOf, nameOf, parseManifests, podTemplates } from '../support/manifest.ts';
import type { Manifest } from '../support/manifest.ts';
import { repository } from '../support/tools.ts';
import type { Check } from './check.ts';

/** No object is there twice. */
export const uniqueNames: Check = (manifests) => {
  const names = manifests.map(nameOf);
  return names.filter((name, at) => names.indexOf(name) !== at).map((name) => `${name}: twice`);
};

/** Every pod's ServiceAccount and PriorityClass are there. */
export const podReferences: Check = (manifests) => {
  const names = new Set(manifests.map(nameOf));
  return podTemplates(manifests).flatMap(({ owner, spec }) => [
    ...missing(names, owner, `ServiceAccount/${spec.serviceAccountName ?? 'default'}`),
    ...(spec.priorityClassName === undefined
      ? []
      : missing(names, owner, `PriorityClass/${spec.priorityClassName}`)),
  ]);
};

/** Every ConfigMap and Secret that a pod or KEDA names is there, with the key; every mount has its volume. */
export const keyReferences: Check = (manifests) => {
  const keys = keysByName(manifests);
  const faults = (owner: Manifest, kind: string, name: string, key?: string): string[] => {
    const found = keys.get(`${kind}/${name}`);
    if (!found) return [`${nameOf(owner)}: ${kind}/${name} is not there`];
    return key === undefined || found.has(key)
      ? []
      : [`${nameOf(owner)}: ${kind}/${name} has no key ${key}`];
  };
  const ofPods = podTemplates(manifests).flatMap(({ owner, spec }) => [
    ...(spec.volumes ?? []).flatMap(({ configMap, secret }) => [
      ...(configMap ? faults(owner, 'ConfigMap', configMap.name) : []),
      ...(secret ? faults(owner, 'Secret', secret.secretName) : []),
    ]),
    ...containersOf(spec).flatMap(({ env = [], envFrom = [] }) => [
      ...env.flatMap(({ valueFrom = {} }) =>
        Object.entries(valueFrom).flatMap(([from, { name, key }]) =>
          faults(owner, from === 'secretKeyRef' ? 'Secret' : 'ConfigMap', name, key),
        ),
      ),
      ...envFrom.flatMap(({ configMapRef, secretRef }) => [
        ...(configMapRef ? faults(owner, 'ConfigMap', configMapRef.name) : []),
        ...(secretRef ? faults(owner, 'Secret', secretRef.name) : []),
      ]),
    ]),
  ]);
  const ofKeda = manifests
    .filter(({ kind }) => kind === 'TriggerAuthentication')
    .flatMap((owner) => {
      const { secretTargetRef } = owner.spec as unknown as {
        secretTargetRef: { name: string; key: string }[];
      };
      return secretTargetRef.flatMap(({ name, key }) => faults(owner, 'Secret', name, key));
    });
  return [...ofPods, ...ofKeda];
};

function missing(names: ReadonlySet<string>, owner: Manifest, name: string): string[] {
  return names.has(name) ? [] : [`${nameOf(owner)}: ${name} is not there`];
}

/** Keys of every ConfigMap and Secret, those among them that an operator brings. */
function keysByName(manifests: readonly Manifest[]): Map<string, Set<string>> {
  const keys = new Map<string, Set<string>>();
  for (const manifest of [...documentedSecrets(), ...manifests]) {
    const { data = {}, stringData = {} } = manifest as { data?: object; stringData?: object };
    if (['ConfigMap', 'Secret'].includes(manifest.kind)) {
      keys.set(nameOf(manifest), new Set([...Object.keys(data), ...Object.keys(stringData)]));
    }
    if (manifest.kind === 'ExternalSecret') {
      const { target, data: entries } = manifest.spec as unknown as {
        target: { name: string };
        data: { secretKey: string }[];
      };
      keys.set(`Secret/${target.name}`, new Set(entries.map(({ secretKey }) => secretKey)));
    }
  }
  return keys;
}

/** The Secret that whoever deploys has to bring: the ExternalSecret says what is in it. */
function documentedSecrets(): Manifest[] {
  const file = join(repository, 'k8s/components/external-secret/external-secret.yaml');
  return parseManifests(readFileSync(file, 'utf8'));
}

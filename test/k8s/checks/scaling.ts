import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { queueNames } from '@sluice/queue';
import {
  nameOf,
  podTemplates,
  selects,
  type Manifest,
  type Selector,
} from '../support/manifest.ts';
import { toolFolder } from '../support/tools.ts';
import type { Check } from './check.ts';

interface Trigger {
  type: string;
  metadata: Record<string, unknown>;
  authenticationRef?: { name: string };
}

interface ScaledObjectSpec {
  scaleTargetRef: { apiVersion: string; kind: string; name: string };
  minReplicaCount?: number;
  triggers: Trigger[];
}

/** Every autoscaler has a target, no target two of them, and no autoscaled Deployment a number of its own. */
export const scaleTargets: Check = (manifests) => {
  const targets = autoscalers(manifests).map((owner) => {
    const { scaleTargetRef } = owner.spec as unknown as ScaledObjectSpec;
    return { owner, name: `${scaleTargetRef.kind}/${scaleTargetRef.name}` };
  });
  return targets.flatMap(({ owner, name }) => {
    const target = manifests.find((manifest) => nameOf(manifest) === name);
    if (!target) return [`${nameOf(owner)}: ${name} is not there`];
    return [
      ...(targets.filter((other) => other.name === name).length > 1
        ? [`${nameOf(owner)}: ${name} has another autoscaler`]
        : []),
      ...('replicas' in target.spec ? [`${name}: says how many, and has an autoscaler`] : []),
    ];
  });
};

/** Every budget is about pods, and lets one go. */
export const budgets: Check = (manifests) =>
  manifests
    .filter(({ kind }) => kind === 'PodDisruptionBudget')
    .flatMap((owner) => {
      const { selector, maxUnavailable } = owner.spec as unknown as {
        selector: Selector;
        maxUnavailable?: number | string;
      };
      const pods = podTemplates(manifests).filter(({ labels }) => selects(selector, labels));
      return [
        ...(pods.length === 1 ? [] : [`${nameOf(owner)}: is about ${pods.length} kinds of pod`]),
        ...(Number(maxUnavailable) >= 1 ? [] : [`${nameOf(owner)}: no pod may ever leave`]),
      ];
    });

interface ScalerParameter {
  name: string;
  optional?: boolean;
  default?: string;
  metadataVariableReadable?: boolean;
  triggerAuthenticationVariableReadable?: boolean;
}

/** KEDA passes over a key it does not know: its own list of keys says which it does. */
export const kedaMetadata: Check = (manifests) => {
  const { scalers } = JSON.parse(
    readFileSync(join(toolFolder, 'schemas', 'scalers-schema.json'), 'utf8'),
  ) as { scalers: { type: string; parameters: ScalerParameter[] }[] };
  return triggersOf(manifests).flatMap(({ owner, trigger }) => {
    const at = `${nameOf(owner)} ${trigger.type}`;
    const scaler = scalers.find(({ type }) => type === trigger.type);
    if (!scaler) return [`${at}: KEDA has no such scaler`];
    const authentication = parametersOf(manifests, trigger.authenticationRef?.name);
    if (!authentication) return [`${at}: no TriggerAuthentication of that name`];
    const known = (name: string, where: keyof ScalerParameter): boolean =>
      scaler.parameters.some((parameter) => parameter.name === name && parameter[where] === true);
    const given = [...Object.keys(trigger.metadata), ...authentication];
    return [
      ...Object.keys(trigger.metadata)
        .filter((name) => !known(name, 'metadataVariableReadable'))
        .map((name) => `${at}: KEDA does not know ${name}`),
      ...authentication
        .filter((name) => !known(name, 'triggerAuthenticationVariableReadable'))
        .map((name) => `${at}: KEDA does not take ${name} from a secret`),
      ...Object.entries(trigger.metadata)
        .filter(([, value]) => typeof value !== 'string')
        .map(([name]) => `${at}: ${name} is no text`),
      ...scaler.parameters
        .filter(({ name, optional }) => optional !== true && !given.includes(name))
        .map(({ name }) => `${at}: lacks ${name}`),
      ...(trigger.type === 'redis' && !given.some((name) => /^(address|host)/.test(name))
        ? [`${at}: lacks an address`]
        : []),
    ];
  });
};

/** KEDA looks at lists that the queue keeps, and counts a worker full at what it does at a time. */
export const kedaLists: Check = (manifests) => {
  const settings = manifests.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith('sluice-settings'),
  )?.data;
  const lists = Object.values(queueNames).flatMap((queue) =>
    ['wait', 'active'].map((state) => `${settings?.['REDIS_PREFIX']}:${queue}:${state}`),
  );
  return triggersOf(manifests)
    .filter(({ trigger }) => trigger.type === 'redis')
    .flatMap(({ owner, trigger: { metadata } }) => [
      ...(lists.includes(String(metadata['listName']))
        ? []
        : [`${nameOf(owner)}: the queue has no list ${String(metadata['listName'])}`]),
      ...(metadata['listLength'] === settings?.['WORKER_CONCURRENCY']
        ? []
        : [`${nameOf(owner)}: a worker does ${settings?.['WORKER_CONCURRENCY']} at a time`]),
    ]);
};

function autoscalers(manifests: readonly Manifest[]): Manifest[] {
  return manifests.filter(({ kind }) => ['HorizontalPodAutoscaler', 'ScaledObject'].includes(kind));
}

function triggersOf(
  manifests: readonly Manifest[],
): { readonly owner: Manifest; readonly trigger: Trigger }[] {
  return manifests
    .filter(({ kind }) => kind === 'ScaledObject')
    .flatMap((owner) =>
      (owner.spec as unknown as ScaledObjectSpec).triggers.map((trigger) => ({ owner, trigger })),
    );
}

function parametersOf(
  manifests: readonly Manifest[],
  name: string | undefined,
): string[] | undefined {
  if (name === undefined) return [];
  const found = manifests.find(
    ({ kind, metadata }) => kind === 'TriggerAuthentication' && metadata.name === name,
  );
  const spec = found?.spec as { secretTargetRef?: { parameter: string }[] } | undefined;
  return spec?.secretTargetRef?.map(({ parameter }) => parameter);
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { variables } from '@sluice/runtime';
import { containersOf, nameOf, podTemplates, selects } from '../support/manifest.ts';
import type { Manifest, PodTemplate, Probe, Selector } from '../support/manifest.ts';
import { repository } from '../support/tools.ts';
import type { Check } from './check.ts';
import { processOf } from './pods.ts';

/** Where each process listens unless it is told otherwise, and the file that says what it answers there. */
const servers = {
  api: { port: Number(variables.PORT.default), file: 'services/api/src/app.ts' },
  worker: {
    port: Number(variables.METRICS_PORT.default),
    file: 'services/worker/src/health-server.ts',
  },
} as const;

/** Every Service finds pods, and each of its ports one of theirs. */
export const services: Check = (manifests) =>
  ofKind<{ selector?: Record<string, string>; ports: { targetPort: string | number }[] }>(
    manifests,
    'Service',
  ).flatMap(({ owner, spec }) => {
    const pods = podTemplates(manifests).filter(
      ({ labels }) => spec.selector && selects({ matchLabels: spec.selector }, labels),
    );
    if (pods.length === 0) return [`${nameOf(owner)}: finds no pod`];
    return spec.ports.flatMap(({ targetPort }) =>
      pods.every((pod) => hasPort(pod, targetPort))
        ? []
        : [`${nameOf(owner)}: its pods have no port ${targetPort}`],
    );
  });

/** Probes ask a port that the container names, at a path that the code serves, and pods of Sluice have all three. */
export const probes: Check = (manifests) =>
  podTemplates(manifests).flatMap((template) => {
    const process = processOf(template);
    return template.spec.containers.flatMap((container) => {
      const at = `${nameOf(template.owner)} ${container.name}`;
      const { startupProbe, livenessProbe, readinessProbe, ports = [] } = container;
      const given = [startupProbe, livenessProbe, readinessProbe].filter(
        (probe): probe is Probe => probe !== undefined,
      );
      const faults = given.flatMap(({ httpGet }) =>
        httpGet === undefined || ports.some(({ name }) => name === httpGet.port)
          ? []
          : [`${at}: no port is named ${httpGet.port}`],
      );
      if (process !== 'api' && process !== 'worker') return faults;
      const { port, file } = servers[process];
      const code = readFileSync(join(repository, file), 'utf8');
      return [
        ...faults,
        ...(given.length === 3 ? [] : [`${at}: has ${given.length} of three probes`]),
        ...(ports[0]?.containerPort === port ? [] : [`${at}: the code listens on ${port}`]),
        ...given.flatMap(({ httpGet }) =>
          code.includes(`'${httpGet?.path}'`)
            ? []
            : [`${at}: the code does not serve ${httpGet?.path}`],
        ),
      ];
    });
  });

/** Every way in leads to a Service and one of its ports. */
export const routes: Check = (manifests) => {
  const ports = new Map(
    ofKind<{ ports: { name: string; port: number }[] }>(manifests, 'Service').map(
      ({ owner, spec }) => [owner.metadata.name, spec.ports],
    ),
  );
  const fault = (owner: Manifest, service: string, port: string | number): string[] =>
    ports.get(service)?.some((known) => known.name === port || known.port === port)
      ? []
      : [`${nameOf(owner)}: no port ${port} at Service/${service}`];
  interface IngressSpec {
    rules: {
      http: {
        paths: {
          backend: { service: { name: string; port: { name?: string; number?: number } } };
        }[];
      };
    }[];
  }
  interface RouteSpec {
    rules: { backendRefs: { name: string; port: number }[] }[];
  }
  return [
    ...ofKind<IngressSpec>(manifests, 'Ingress').flatMap(({ owner, spec }) =>
      spec.rules
        .flatMap(({ http }) => http.paths)
        .flatMap(({ backend: { service } }) =>
          fault(owner, service.name, service.port.name ?? service.port.number ?? 0),
        ),
    ),
    ...ofKind<RouteSpec>(manifests, 'HTTPRoute').flatMap(({ owner, spec }) =>
      spec.rules
        .flatMap(({ backendRefs }) => backendRefs)
        .flatMap(({ name, port }) => fault(owner, name, port)),
    ),
  ];
};

interface PolicyRule {
  from?: { podSelector?: Selector; namespaceSelector?: Selector }[];
  to?: { podSelector?: Selector; namespaceSelector?: Selector }[];
  ports?: { port: string | number }[];
}

interface PolicySpec {
  podSelector: Selector;
  policyTypes: string[];
  ingress?: PolicyRule[];
  egress?: PolicyRule[];
}

/**
 * Everything is denied but what is allowed; what is allowed is about pods and ports that there are; what
 * a pod may reach in the cluster lets it in.
 */
export const policies: Check = (manifests) => {
  const pods = podTemplates(manifests);
  const all = ofKind<PolicySpec>(manifests, 'NetworkPolicy');
  const denied = ['Ingress', 'Egress'].filter(
    (type) =>
      !all.some(
        ({ spec }) =>
          Object.keys(spec.podSelector).length === 0 &&
          spec.policyTypes.includes(type) &&
          !spec.ingress &&
          !spec.egress,
      ),
  );
  return [
    ...denied.map((type) => `${type} is not denied by default`),
    ...all.flatMap(({ owner, spec }) => {
      const chosen = pods.filter(({ labels }) => selects(spec.podSelector, labels));
      if (chosen.length === 0) return [`${nameOf(owner)}: is about no pod`];
      return [
        ...(spec.ingress ?? []).flatMap(({ from = [], ports = [] }) => [
          ...peersThere(owner, pods, from),
          ...ports
            .filter(({ port }) => !chosen.some((pod) => hasPort(pod, port)))
            .map(({ port }) => `${nameOf(owner)}: no pod has the port ${port}`),
        ]),
        ...(spec.egress ?? []).flatMap(({ to = [], ports = [] }) => [
          ...peersThere(owner, pods, to),
          ...to
            .filter(({ podSelector, namespaceSelector }) => podSelector && !namespaceSelector)
            .flatMap(({ podSelector = {} }) =>
              pods.filter((pod) => selects(podSelector, pod.labels)),
            )
            .filter((target) => !all.some((other) => letsIn(other.spec, target, chosen, ports)))
            .map((target) => `${nameOf(owner)}: ${nameOf(target.owner)} does not let it in`),
        ]),
      ];
    }),
  ];
};

function peersThere(
  owner: Manifest,
  pods: readonly PodTemplate[],
  peers: readonly { podSelector?: Selector; namespaceSelector?: Selector }[],
): string[] {
  return peers
    .filter(({ podSelector, namespaceSelector }) => podSelector && !namespaceSelector)
    .filter(({ podSelector = {} }) => !pods.some(({ labels }) => selects(podSelector, labels)))
    .map(() => `${nameOf(owner)}: is about no pod at the other end`);
}

function letsIn(
  { podSelector, ingress = [] }: PolicySpec,
  target: PodTemplate,
  sources: readonly PodTemplate[],
  ports: readonly { port: string | number }[],
): boolean {
  const numbers = (given: readonly { port: string | number }[]): (number | undefined)[] =>
    given.map(({ port }) => portNumber(target, port));
  return (
    selects(podSelector, target.labels) &&
    ingress.some(
      (rule) =>
        sources.every(({ labels }) =>
          rule.from?.some((peer) => peer.podSelector && selects(peer.podSelector, labels)),
        ) && numbers(ports).every((number) => numbers(rule.ports ?? []).includes(number)),
    )
  );
}

function hasPort(pod: PodTemplate, port: string | number): boolean {
  return portNumber(pod, port) !== undefined;
}

function portNumber({ spec }: PodTemplate, port: string | number): number | undefined {
  return containersOf(spec)
    .flatMap(({ ports = [] }) => ports)
    .find(({ name, containerPort }) => name === port || containerPort === port)?.containerPort;
}

function ofKind<Spec>(
  manifests: readonly Manifest[],
  kind: string,
): { readonly owner: Manifest; readonly spec: Spec }[] {
  return manifests
    .filter((manifest) => manifest.kind === kind)
    .map((owner) => ({ owner, spec: owner.spec as unknown as Spec }));
}

import type { checks } from '../checks/index.ts';

/** One fault in an otherwise good rendering, and who has to refuse it. */
export interface Fault {
  readonly title: string;
  readonly refusedBy: 'apiServer' | 'podSecurity' | keyof typeof checks;
  /** `Kind/name`, or how the name begins. */
  readonly object: string;
  /** JSON pointer; empty: the object itself, once more. */
  readonly at: string;
  /** Absent: what is there goes away. */
  readonly value?: unknown;
  /** Default: eks. */
  readonly in?: 'local';
}

type Row = readonly [title: string, object: string, at: string, value?: unknown, variant?: 'local'];

const api = 'Deployment/sluice-api';
const worker = 'Deployment/sluice-worker';
const keda = 'ScaledObject/sluice-worker';
const settings = 'ConfigMap/sluice-settings';
const pod = '/spec/template/spec';
const main = `${pod}/containers/0`;
const component = 'app.kubernetes.io~1component';

const rows: Readonly<Record<Fault['refusedBy'], readonly Row[]>> = {
  // What a real API server knows of its own kinds, and of those of others.
  apiServer: [
    ['a field that is misspelt', api, `${main}/readynessProbe`, {}],
    ['a number that is written as text', api, `${main}/ports/0/containerPort`, '8080'],
    ['a quantity that is none', worker, `${main}/resources/requests/memory`, '256 MB'],
    ['a request above the limit', worker, `${main}/resources/requests/memory`, '1Gi'],
    [
      'a volume that is not there',
      worker,
      `${main}/volumeMounts`,
      [{ name: 'x', mountPath: '/x' }],
    ],
    [
      'a selector that its own pods do not fit',
      api,
      `/spec/selector/matchLabels/${component}`,
      'x',
    ],
    ['a Job that never ends', 'Job/sluice-migrate', `${pod}/restartPolicy`, 'Always'],
    ['an update that can do nothing', api, '/spec/strategy/rollingUpdate/maxSurge', 0],
    ['a port beyond the last', 'Service/sluice-api', '/spec/ports/0/port', 80808],
    ['a budget that says two things', 'PodDisruptionBudget/sluice-api', '/spec/minAvailable', 1],
    ['more at least than at most', 'HorizontalPodAutoscaler/sluice-api', '/spec/minReplicas', 9],
    [
      'an address that is none',
      'NetworkPolicy/to-storage',
      '/spec/egress/0/to/0/ipBlock/cidr',
      '0.0.0.0',
    ],
    ['an Ingress without a type of path', 'Ingress/sluice', '/spec/rules/0/http/paths/0/pathType'],
    ['a label with a space', api, '/metadata/labels/app.kubernetes.io~1name', 'the sluice'],
    ['a field that KEDA has not', keda, '/spec/maxReplicas', 3],
    ['no triggers', keda, '/spec/triggers'],
    [
      'a version that is no more',
      'HorizontalPodAutoscaler/sluice-api',
      '/apiVersion',
      'autoscaling/v2beta2',
    ],
  ],
  // What `restricted` forbids.
  podSecurity: [
    ['a pod that may run as root', api, `${pod}/securityContext/runAsNonRoot`, false],
    ['a container that keeps capabilities', worker, `${main}/securityContext/capabilities`],
    [
      'a container that may gain privileges',
      worker,
      `${main}/securityContext/allowPrivilegeEscalation`,
      true,
    ],
    ['a pod without a seccomp profile', api, `${pod}/securityContext/seccompProfile`],
    ['a pod in the network of its node', api, `${pod}/hostNetwork`, true],
    ['a folder of the node', worker, `${pod}/volumes`, [{ name: 'x', hostPath: { path: '/' } }]],
  ],
  // What the API server cannot know, or passes over.
  uniqueNames: [['one object twice', api, '']],
  podReferences: [
    ['a ServiceAccount that is not there', api, `${pod}/serviceAccountName`, 'sluice'],
    ['a priority that is not there', worker, `${pod}/priorityClassName`, 'high'],
  ],
  keyReferences: [
    ['a ConfigMap that is not there', api, `${main}/envFrom/0/configMapRef/name`, 'settings'],
    ['a key that the Secret has not', worker, `${main}/env/0/valueFrom/secretKeyRef/key`, 'URL'],
    [
      'a key that KEDA would not find',
      'TriggerAuthentication/sluice-queue',
      '/spec/secretTargetRef/0/key',
      'REDIS',
    ],
  ],
  hardening: [
    [
      'a file system that can be written',
      api,
      `${main}/securityContext/readOnlyRootFilesystem`,
      false,
    ],
    ['no limit of memory', worker, `${main}/resources/limits/memory`],
    ['a token that nobody needs', api, `${pod}/automountServiceAccountToken`, true],
  ],
  images: [
    ['an image of any version', api, `${main}/image`, 'sluice:latest'],
    ['another version of a worker', worker, `${main}/image`, 'sluice:0.0.9'],
  ],
  commands: [['a command that the image has not', worker, `${main}/args`, ['wroker']]],
  gracePeriods: [['too little time to end', worker, `${pod}/terminationGracePeriodSeconds`, 10]],
  services: [
    ['a Service that finds nobody', 'Service/sluice-api', `/spec/selector/${component}`, 'web'],
    ['a port that nobody names', 'Service/sluice-api', '/spec/ports/0/targetPort', 'web'],
  ],
  probes: [
    ['a probe of a port that nobody names', worker, `${main}/readinessProbe/httpGet/port`, 'http'],
    ['a probe of a path that is not served', api, `${main}/livenessProbe/httpGet/path`, '/health'],
    ['a port that the code does not listen on', api, `${main}/ports/0/containerPort`, 3000],
    ['a process that nobody asks whether it is ready', worker, `${main}/readinessProbe`],
  ],
  routes: [
    [
      'an Ingress to nowhere',
      'Ingress/sluice',
      '/spec/rules/0/http/paths/0/backend/service/name',
      'sluice',
    ],
  ],
  policies: [
    ['a namespace that is open', 'NetworkPolicy/default-deny', '/spec/policyTypes', ['Ingress']],
    [
      'a network policy about nobody',
      'NetworkPolicy/clients-to-api',
      `/spec/podSelector/matchLabels/${component}`,
      'web',
    ],
    [
      'a flow to a port that nobody has',
      'NetworkPolicy/clients-to-api',
      '/spec/ingress/0/ports/0/port',
      'https',
    ],
    [
      'a flow that the other end refuses',
      'NetworkPolicy/sluice-to-s3',
      '/spec/ingress/0/from',
      [],
      'local',
    ],
  ],
  scaleTargets: [
    ['an autoscaler of what is not there', keda, '/spec/scaleTargetRef/name', 'workers'],
    ['a number of replicas beside an autoscaler', worker, '/spec/replicas', 3],
  ],
  budgets: [
    [
      'a budget that lets nobody go',
      'PodDisruptionBudget/sluice-worker',
      '/spec/maxUnavailable',
      0,
    ],
    ['a budget about every pod', 'PodDisruptionBudget/sluice-worker', '/spec/selector', {}],
  ],
  kedaMetadata: [
    ['a key of a trigger that is misspelt', keda, '/spec/triggers/0/metadata/activation', '0'],
    ['a trigger without the key it needs', keda, '/spec/triggers/0/metadata/listName'],
    ['a scaler that KEDA has not', keda, '/spec/triggers/0/type', 'redis-list'],
    ['a password from nowhere', keda, '/spec/triggers/0/authenticationRef/name', 'redis'],
  ],
  kedaLists: [
    [
      'a list that the queue does not keep',
      keda,
      '/spec/triggers/0/metadata/listName',
      'bull:parts:wait',
    ],
    ['a worker that does more than KEDA counts', settings, '/data/WORKER_CONCURRENCY', '8'],
  ],
  knownSettings: [['a setting that Sluice does not know', settings, '/data/AWS_BUKET', 'exports']],
  acceptedSettings: [
    ['too few connections', settings, '/data/DATABASE_MAX_CONNECTIONS', '4'],
    ['a provider that there is not', settings, '/data/BOX_FHIR_BULK_STORAGE_PROVIDER', 's3'],
    ['an API open to all', settings, '/data/AUTH_MODE', 'none'],
  ],
};

/** What each check is for. */
export const faults: readonly Fault[] = Object.entries(rows).flatMap(([refusedBy, given]) =>
  given.map(([title, object, at, value, variant]) => ({
    title,
    refusedBy: refusedBy as Fault['refusedBy'],
    object,
    at,
    ...(value === undefined ? {} : { value }),
    ...(variant === undefined ? {} : { in: variant }),
  })),
);

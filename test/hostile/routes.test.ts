import { Metrics } from '@sluice/runtime';
import type { Router } from 'express';
import { createApp } from '../../services/api/src/app.ts';
import type { Dependencies } from '../../services/api/src/dependencies.ts';
import { readApiSettings } from '../../services/api/src/settings.ts';
import { routes } from './generate/requests.ts';

interface Layer {
  readonly route?: { readonly path: string };
  readonly handle: { readonly stack?: readonly Layer[] };
}

/** Paths of all routes of an application; the one router in it is that of `/auth`. */
function pathsOf(stack: readonly Layer[], prefix = ''): string[] {
  return stack.flatMap(({ route, handle }) => {
    if (route !== undefined) return [prefix + route.path];
    return handle.stack === undefined ? [] : pathsOf(handle.stack, `${prefix}/auth`);
  });
}

test('the fuzzer knows every route of the API', () => {
  const settings = readApiSettings({
    DATABASE_URL: 'postgres://x/x',
    REDIS_URL: 'redis://x',
    AUTH_MODE: 'smart',
    SMART_DISCOVERY_COMPAT: 'true',
  });
  // Routes are made of these alone; none is called.
  const made = { settings, baseUrl: 'http://x/fhir', metrics: new Metrics('api'), authority: {} };
  const { stack } = createApp(made as unknown as Dependencies).router as Router & {
    stack: Layer[];
  };
  const paths = new Set(
    pathsOf(stack).map((path) => path.replace(/(?<=OperationDefinition\/).*/, ':name')),
  );
  expect(paths.size).toBeGreaterThan(15);
  const { nowhere, ...known } = routes;
  expect(nowhere).toBeDefined();
  expect(new Set(Object.keys(known))).toEqual(paths);
});

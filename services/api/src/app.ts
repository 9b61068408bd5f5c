import express, { type Express } from 'express';
import helmet from 'helmet';
import { conformanceResources } from './conformance-resources.ts';
import type { Dependencies } from './dependencies.ts';
import { listOf } from './list-of.ts';
import { authenticate } from './middleware/authenticate.ts';
import { allowOrigins } from './middleware/cors.ts';
import { errorHandler, methodNotAllowed, notFound } from './middleware/error-handler.ts';
import { normaliseUrl } from './middleware/normalise-url.ts';
import { measure } from './middleware/measure.ts';
import { requestContext } from './middleware/request-context.ts';
import { smallBody } from './read-body.ts';
import { attachment } from './routes/attachment.ts';
import { authorization } from './routes/authorization.ts';
import { cancel } from './routes/cancel.ts';
import { conformance } from './routes/conformance.ts';
import { health, readiness } from './routes/health.ts';
import { kickOff } from './routes/kick-off.ts';
import { listExportsRoute } from './routes/list-exports.ts';
import { outputFile } from './routes/output-file.ts';
import { isResourceAddress, read, readBinaryVersion } from './routes/read.ts';
import { rpc } from './routes/rpc.ts';
import { searchGroups } from './routes/search-groups.ts';
import { maxCallBytes } from './rpc-method.ts';
import { smartConfigurationRoute } from './routes/smart-configuration.ts';
import { status } from './routes/status.ts';

/** As long as a URL may be. */
const maxSearchBytes = 65_536;

/** Creates the HTTP application: which address is answered by which route. */
export function createApp(deps: Dependencies): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.set('query parser', false);
  app.set('env', 'production');
  app.set('trust proxy', trustedProxies(deps.settings.TRUST_PROXY));

  app.use(requestContext(deps));
  app.use(measure(deps.metrics));
  app.use(
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"] } },
      strictTransportSecurity: deps.baseUrl.startsWith('https:'),
    }),
  );
  app.use(normaliseUrl);

  app.route('/healthz').get(health).all(methodNotAllowed('GET, HEAD'));
  app.route('/readyz').get(readiness(deps)).all(methodNotAllowed('GET, HEAD'));
  const configuration = smartConfigurationRoute(deps);
  for (const path of ['/.well-known', '/fhir/.well-known']) {
    const route = app.route(`${path}/smart-configuration`);
    route.get(configuration).all(methodNotAllowed('GET, HEAD'));
  }
  if (deps.authority !== undefined) app.use('/auth', authorization(deps, deps.authority));
  const { CORS_ORIGINS: origins } = deps.settings;
  if (origins !== undefined) app.use('/fhir', allowOrigins(origins));
  app.use('/fhir', authenticate(deps));
  for (const [path, resource] of conformanceResources(deps)) {
    app.route(`/fhir${path}`).get(conformance(resource)).all(methodNotAllowed('GET, HEAD'));
  }

  for (const [path, level] of [
    ['/fhir/$export', 'system'],
    ['/fhir/Patient/$export', 'patient'],
    ['/fhir/Group/:id/$export', 'group'],
  ] as const) {
    const refuse = methodNotAllowed('GET, POST');
    const start = kickOff(level, deps);
    // A GET route answers HEAD too, and this one must not: it would start an export.
    app.route(path).head(refuse).get(start).post(start).all(refuse);
  }
  app.route('/fhir/$export-status').get(listExportsRoute(deps)).all(methodNotAllowed('GET, HEAD'));
  app
    .route('/fhir/$export-status/:id')
    .get(status(deps))
    .delete(cancel(deps))
    .all(methodNotAllowed('GET, HEAD, DELETE'));
  app
    .route('/fhir/$export-file/:id/:name')
    .get(outputFile(deps))
    .all(methodNotAllowed('GET, HEAD'));
  app
    .route('/fhir/$export-attachment/:id/:binaryId')
    .get(attachment(deps))
    .all(methodNotAllowed('GET, HEAD'));

  app
    .route('/rpc')
    .post(authenticate(deps), smallBody(maxCallBytes), rpc(deps))
    .all(methodNotAllowed('POST'));

  const search = searchGroups(deps);
  app.route('/fhir/Group').get(search).all(methodNotAllowed('GET, HEAD'));
  app
    .route('/fhir/Group/_search')
    .post(smallBody(maxSearchBytes), search)
    .all(methodNotAllowed('POST'));
  app
    .route('/fhir/:type/:id')
    .all(isResourceAddress)
    .get(read(deps))
    .all(methodNotAllowed('GET, HEAD'));
  app
    .route('/fhir/Binary/:id/_history/:versionId')
    .get(readBinaryVersion(deps))
    .all(methodNotAllowed('GET, HEAD'));

  app.use(notFound);
  app.use(errorHandler(deps));
  return app;
}

/** How many proxies there are in front, or which addresses they have. */
function trustedProxies(text: string | undefined): number | string[] | false {
  if (text === undefined) return false;
  return /^\d+$/.test(text) ? Number(text) : listOf(text);
}

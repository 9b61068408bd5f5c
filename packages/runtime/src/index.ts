export { alignment, BufferPool, isAligned } from './aligned-buffer.ts';
export {
  claimPlace,
  ForeignPlaceError,
  formatDeployment,
  parseDeployment,
  type Deployment,
  type Place,
} from './deployment.ts';
export { holdPlaces, type HoldOptions } from './hold-places.ts';
export { createLogger, errorFacts, type Logger } from './logger.ts';
export {
  metricDefinitions,
  type MetricDefinition,
  type MetricName,
} from './metrics/definitions.ts';
export { Metrics } from './metrics/metrics.ts';
export { RepeatedLog } from './repeated-log.ts';
export { accepted, readSettings, SettingsError, type Settings } from './settings-reader.ts';
export { listening, reportListening } from './report-listening.ts';
export { installShutdown, type ShutdownPhase } from './shutdown.ts';
export { inThisSpan, startTracing, traced, type SpanFacts, type TraceCarrier } from './tracing.ts';
export { parseBytes, parseDuration } from './units.ts';
export { withoutEndSlashes } from './without-end-slashes.ts';
export { variables, type Variable, type VariableKind, type VariableName } from './variables.ts';

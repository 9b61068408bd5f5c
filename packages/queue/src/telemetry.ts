import { BullMQOtel } from 'bullmq-otel';
import type { Telemetry } from 'bullmq';

/** How a queue or worker of BullMQ passes traces on with its jobs. */
export function telemetryOf({ traced = false }: { readonly traced?: boolean }): {
  telemetry?: Telemetry;
} {
  return traced ? { telemetry: new BullMQOtel({ tracerName: 'sluice' }) } : {};
}

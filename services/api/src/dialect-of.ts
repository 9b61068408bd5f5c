import type { Dialect } from '@sluice/export';
import type { ApiSettings } from './settings.ts';

/** How this deployment answers. SPEC I-132 */
export function dialectOf(
  settings: Pick<
    ApiSettings,
    'RETRY_AFTER_UNIT' | 'PROGRESS_FORM' | 'NOT_FOUND_CODE' | 'MANIFEST_STATUS'
  >,
): Dialect {
  return {
    retryAfterUnit: settings.RETRY_AFTER_UNIT,
    progressForm: settings.PROGRESS_FORM,
    notFoundCode: settings.NOT_FOUND_CODE,
    manifestStatus: settings.MANIFEST_STATUS,
  };
}

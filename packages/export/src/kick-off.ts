import type { KickOff } from './export.ts';
import { Findings } from './findings.ts';
import { checkFormat, checkOutputFormat, checkSince, checkTypes } from './kick-off-checks.ts';
import { checkAccept, checkBodyType, checkPrefer } from './kick-off-header-checks.ts';
import { readParameters } from './kick-off-parameters.ts';
import { checkPatients } from './kick-off-patients.ts';
import type { KickOffOptions, KickOffRequest } from './kick-off-request.ts';
import { parsePrefer } from './prefer.ts';

/**
 * Checks a kick-off and turns it into what a plan needs to know. Nothing is looked up: whether the
 * Group and the patients exist is for the caller to find out.
 *
 * @throws ExportError that names every fault of the request
 * @see https://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-kick-off-request
 */
export function parseKickOff(request: KickOffRequest, options: KickOffOptions): KickOff {
  const findings = new Findings(parsePrefer(request.headers.prefer).handling === 'lenient');
  checkAccept(request, options, findings);
  checkPrefer(request, options, findings);
  checkBodyType(request, findings);
  const given = readParameters(request, findings);
  checkFormat(given, findings);
  const outputFormat = checkOutputFormat(given, findings);
  const since = checkSince(given, options.now, findings);
  const types = checkTypes(given, request.level, findings);
  const patients = checkPatients(given, request, options, findings);
  findings.throwFaults();
  return {
    level: request.level,
    ...(request.groupId === undefined ? {} : { groupId: request.groupId }),
    request: request.url,
    ...(types === undefined ? {} : { types }),
    ...(since === undefined ? {} : { since }),
    outputFormat,
    ...(patients === undefined ? {} : { patients }),
    lenient: findings.lenient,
    notices: findings.notices,
  };
}

import type { KickOff } from './export.ts';
import { filteredTypes } from './filtered-types.ts';
import { Findings } from './findings.ts';
import { checkAssociated } from './kick-off-associated.ts';
import { checkFormat, checkOutputFormat, checkPartialManifests } from './kick-off-checks.ts';
import { checkElements } from './kick-off-elements.ts';
import { checkAccept, checkBodyType, checkPrefer } from './kick-off-header-checks.ts';
import { readParameters } from './kick-off-parameters.ts';
import { checkPatients } from './kick-off-patients.ts';
import type { KickOffOptions, KickOffRequest } from './kick-off-request.ts';
import { applyRights, levelFor } from './kick-off-rights.ts';
import { checkTypeFilters } from './kick-off-type-filters.ts';
import { checkTypes, outsideLevel } from './kick-off-types.ts';
import { checkWindow } from './kick-off-window.ts';
import { parsePrefer } from './prefer.ts';

/**
 * Checks a kick-off and turns it into what a plan needs to know. Nothing is looked up: whether the
 * Group and the patients exist is for the caller to find out.
 *
 * @throws ExportError that names every fault of the request
 * @see https://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-kick-off-request
 */
export function parseKickOff(asked: KickOffRequest, options: KickOffOptions): KickOff {
  const request = { ...asked, level: levelFor(asked.level, options.rights) };
  const findings = new Findings(parsePrefer(request.headers.prefer).handling === 'lenient');
  checkAccept(request, options, findings);
  checkPrefer(request, options, findings);
  checkBodyType(request, findings);
  const given = readParameters(request, findings);
  checkFormat(given, findings);
  const outputFormat = checkOutputFormat(given, findings);
  checkPartialManifests(given, findings);
  const window = checkWindow(given, asked.level, options, findings);
  const types = checkTypes(given, request.level, options, findings);
  const typeFilters = checkTypeFilters(given, types, request, options, findings);
  const patients = checkPatients(given, asked, options, findings);
  const permitted = applyRights({ types, typeFilters, patients }, request, options, findings);
  const elements = checkElements(given, findings);
  const isFiltered = filteredTypes(permitted).some(
    (type) => outsideLevel(type, request.level, options) === undefined,
  );
  const associated = checkAssociated(given, isFiltered, findings);
  findings.throwFaults();
  return {
    level: request.level,
    ...(request.groupId === undefined ? {} : { groupId: request.groupId }),
    request: request.url,
    baseUrl: options.baseUrl,
    ...(options.otherBases?.length ? { otherBases: options.otherBases } : {}),
    ...window,
    ...permitted,
    ...(elements === undefined ? {} : { elements }),
    ...(associated === undefined ? {} : { associated }),
    outputFormat,
    lenient: findings.lenient,
    notices: findings.notices,
  };
}

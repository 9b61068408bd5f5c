import { term } from './codes.ts';
import { metaOf, type Visit } from './visit.ts';

const payers = [
  'Medicare',
  'Medicaid',
  'Blue Cross Blue Shield',
  'Aetna',
  'Cigna Health',
  'Humana',
  'NO_INSURANCE',
];

/** The Claim for a visit and what the insurer made of it. */
export function emitBilling(visit: Visit, procedures: readonly string[]): void {
  const { random, emit, subject, clinic, start, end, startMs, encounterId, type } = visit;
  const claimId = random.uuid();
  const payer = random.pick(payers);
  const items = procedures.map((_, index) => ({
    sequence: index + 2,
    net: random.decimal(80, 2400, 2),
  }));
  const visitPrice = random.decimal(70, 180, 2);
  const total = items.reduce((sum, { net }) => sum + Number(net), Number(visitPrice)).toFixed(2);
  const used = procedures
    .map(
      (id, index) =>
        `{"sequence":${index + 1},"procedureReference":{"reference":"Procedure/${id}"}}`,
    )
    .join(',');
  const claimItems = items
    .map(
      ({ sequence, net }) =>
        `,{"sequence":${sequence},"procedureSequence":[${sequence - 1}],"productOrService":${visit.reason.json},"net":${money(net)}}`,
    )
    .join('');
  emit(
    'Claim',
    `{"resourceType":"Claim","id":"${claimId}",${metaOf(visit, startMs)},"identifier":[{"value":"${random.uuid()}"}],"status":"active","type":${term('claim-type', 'institutional')},"use":"claim","patient":{"reference":"Patient/${subject.id}","display":"${subject.name}"},"billablePeriod":{"start":"${start}","end":"${end}"},"created":"${end}","provider":{"reference":"Organization/${clinic.organization}","display":"${clinic.name}"},"priority":${term('processpriority', 'normal')},"facility":{"reference":"Location/${clinic.location}","display":"${clinic.name}"},${used === '' ? '' : `"procedure":[${used}],`}"insurance":[{"sequence":1,"focal":true,"coverage":{"display":"${payer}"},"preAuthRef":["${random.uuid()}"]}],"item":[{"sequence":1,"productOrService":${type.json},"encounter":[{"reference":"Encounter/${encounterId}"}]}${claimItems}],"total":${money(total)}}`,
  );
  emitExplanation(visit, { claimId, payer, total, visitPrice, items });
}

interface Bill {
  readonly claimId: string;
  readonly payer: string;
  readonly total: string;
  readonly visitPrice: string;
  readonly items: readonly { readonly sequence: number; readonly net: string }[];
}

function emitExplanation(visit: Visit, bill: Bill): void {
  const { random, emit, subject, clinic, doctor, start, end, startMs, encounterId } = visit;
  const patient = `{"reference":"Patient/${subject.id}"}`;
  const doctorReference = `{"reference":"Practitioner/${doctor.id}"}`;
  const period = `{"start":"${start}","end":"${end}"}`;
  const place = term('ex-serviceplace', '19', 'Off Campus-Outpatient Hospital');
  const medicalCare =
    '{"coding":[{"system":"https://bluebutton.cms.gov/resources/variables/line_cms_type_srvc_cd","code":"1","display":"Medical care"}]}';
  const items = bill.items.map(
    ({ sequence, net }) =>
      `,{"sequence":${sequence},"category":${medicalCare},"productOrService":${visit.reason.json},"servicedPeriod":${period},"locationCodeableConcept":${place},"net":${money(net)},"adjudication":[${adjudication('line_coinsrnc_amt', 'Line Beneficiary Coinsurance Amount', Number(net) * 0.2)},${adjudication('line_prvdr_pmt_amt', 'Line Provider Payment Amount', Number(net) * 0.8)},${adjudication('line_sbmtd_chrg_amt', 'Line Submitted Charge Amount', Number(net))}]}`,
  );
  emit(
    'ExplanationOfBenefit',
    `{"resourceType":"ExplanationOfBenefit","id":"${random.uuid()}",${metaOf(visit, startMs)},"contained":[{"resourceType":"ServiceRequest","id":"referral","status":"completed","intent":"order","subject":${patient},"requester":${doctorReference},"performer":[${doctorReference}]},{"resourceType":"Coverage","id":"coverage","status":"active","type":{"text":"${bill.payer}"},"beneficiary":${patient},"payor":[{"display":"${bill.payer}"}]}],"identifier":[{"system":"https://bluebutton.cms.gov/resources/variables/clm_id","value":"${bill.claimId}"},{"system":"https://bluebutton.cms.gov/resources/identifier/claim-group","value":"99999999999"}],"status":"active","type":${term('claim-type', 'institutional')},"use":"claim","patient":${patient},"billablePeriod":${period},"created":"${end}","insurer":{"display":"${bill.payer}"},"provider":${doctorReference},"referral":{"reference":"#referral"},"facility":{"reference":"Location/${clinic.location}","display":"${clinic.name}"},"claim":{"reference":"Claim/${bill.claimId}"},"outcome":"complete","careTeam":[{"sequence":1,"provider":${doctorReference},"role":${term('claimcareteamrole', 'primary', 'Primary Care Practitioner')}}],"insurance":[{"focal":true,"coverage":{"reference":"#coverage","display":"${bill.payer}"}}],"item":[{"sequence":1,"category":${medicalCare},"productOrService":${visit.type.json},"servicedPeriod":${period},"locationCodeableConcept":${place},"encounter":[{"reference":"Encounter/${encounterId}"}],"net":${money(bill.visitPrice)}}${items.join('')}],"total":[{"category":${term('adjudication', 'submitted', 'Submitted Amount')},"amount":${money(bill.total)}}],"payment":{"amount":${money((Number(bill.total) * 0.8).toFixed(2))}}}`,
  );
}

function adjudication(code: string, display: string, value: number): string {
  return `{"category":{"coding":[{"system":"https://bluebutton.cms.gov/resources/codesystem/adjudication","code":"https://bluebutton.cms.gov/resources/variables/${code}","display":"${display}"}]},"amount":${money(value.toFixed(2))}}`;
}

function money(value: string): string {
  return `{"value":${value},"currency":"USD"}`;
}

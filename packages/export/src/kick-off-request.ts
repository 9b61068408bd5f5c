import type { ExportRights } from './export-rights.ts';
import type { Level } from './export.ts';
import type { ParametersBody } from './parameters-body.ts';

/** A kick-off as it came in, before any of it is believed. */
export interface KickOffRequest {
  readonly level: Level;
  /** Level group only: the id in the path, decoded. */
  readonly groupId?: string | undefined;
  readonly method: 'GET' | 'POST';
  /** The URL as it was sent, absolute. */
  readonly url: string;
  readonly headers: {
    readonly accept?: string | undefined;
    /** One entry per header line. */
    readonly prefer: readonly string[];
    readonly contentType?: string | undefined;
  };
  /** What follows `?`, not decoded. */
  readonly query: string;
  /** Absent when the request had no body; of one of another type nothing is read. */
  readonly body?: ParametersBody;
}

/** What the deployment allows, and what time it is. */
export interface KickOffOptions {
  /** `strict`: Accept and Prefer must be sent; `lenient`: their absence is taken as meant. */
  readonly headers: 'strict' | 'lenient';
  /** Epoch milliseconds. */
  readonly now: number;
  /** Public URL of the FHIR base: references that begin with it are local. */
  readonly baseUrl: string;
  /** The other names of the store. */
  readonly otherBases?: readonly string[];
  /** Most patients one kick-off may name; default 200,000. */
  readonly maxPatients?: number;
  /** `on` (default): exports at patient and group level hold types outside the Patient compartment that they refer to. */
  readonly supportingResources?: 'on' | 'off';
  /** `on` (default): `patient` may come in the query, not only in a body. */
  readonly patientParamGet?: 'on' | 'off';
  /** `_till` is for system level alone; `_until` is for every level all the same. */
  readonly tillSystemOnly?: boolean;
  /** What the client may export; absent: everything. */
  readonly rights?: ExportRights;
}

/** Most patients that a kick-off may name unless the options say otherwise. */
export const defaultMaxPatients = 200_000;

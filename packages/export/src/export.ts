import type { FilterLists, Issue, ReferenceAliases } from '@sluice/fhir';
import type { ExportState } from './export-state.ts';

/** What an export covers: everything, the data of patients, or the data of a Group's members. */
export type Level = 'system' | 'patient' | 'group';

/** How output files are written. */
export type OutputFormat = 'ndjson' | 'ndjson+gzip';

/** Data that an export holds besides the resources asked for; there is at least one of these. */
export interface AssociatedData {
  /** Of each exported resource the newest Provenance, or every one. */
  readonly provenance?: 'latest' | 'relevant';
  /** Versions that are not the newest. */
  readonly history?: true;
  /** Resources that were deleted, marked as such. */
  readonly deleted?: true;
}

/** A checked kick-off: everything a plan needs to know of the request. */
export interface KickOff {
  readonly level: Level;
  /** Level group only. */
  readonly groupId?: string;
  /** The kick-off URL as it was sent, absolute, for the manifest's `request`. */
  readonly request: string;
  /** Public URL of the FHIR base at kick-off; attachment URLs begin with it. */
  readonly baseUrl: string;
  /** The other names of the store at kick-off: references behind them are local too. */
  readonly otherBases?: readonly string[];
  /** `_type`; absent: every type of the level. */
  readonly types?: readonly string[];
  /** `_since` as UTC instant text with up to microseconds. */
  readonly since?: string;
  /** `_until` (or `_till`) as `since` is; absent when not given, or when it lies at or after the kick-off. */
  readonly until?: string;
  /**
   * `_typeFilter`: by type the search queries that are alternatives, e.g.
   * `{ Observation: ['code=8867-4', 'category=laboratory'] }`; what follows `Type?`, still percent-encoded.
   */
  readonly typeFilters?: Readonly<Record<string, readonly string[]>>;
  /** The searches that the client is limited to, by type; they apply beside `typeFilters`. */
  readonly rowFilters?: Readonly<Record<string, FilterLists>>;
  /** `_elements`: root element names as given, by type; under `*` those that were given without one. */
  readonly elements?: Readonly<Record<string, readonly string[]>>;
  /** `includeAssociatedData`, what remains once conflicts are resolved. */
  readonly associated?: AssociatedData;
  readonly outputFormat: OutputFormat;
  /** `patient`: logical ids; absent: every patient of the level. */
  readonly patients?: readonly string[];
  /** Groups that the client is limited to: only the data of those who are members at transactionTime. Level patient only. */
  readonly membersOf?: readonly string[];
  /**
   * Which Binaries the client may read: attachments of `none` get no URLs, and the signed ones of `all` open by themselves; of `some`,
   * or where it is not known, it is looked at each time who opens one. Absent in what a client sends.
   */
  readonly binaries?: 'all' | 'some' | 'none';
  /** Prefer: handling=lenient was asked for. */
  readonly lenient: boolean;
  /** What a lenient request had ignored; becomes lines of the manifest's `error` files. */
  readonly notices: readonly Issue[];
}

/** All names of the store at kick-off. */
export function basesOf(kickOff: Pick<KickOff, 'baseUrl' | 'otherBases'>): string[] {
  return [kickOff.baseUrl, ...(kickOff.otherBases ?? [])];
}

/** A kick-off as it is stored with its export. The patients lie beside it: there can be 200,000. */
export interface StoredKickOff extends Omit<KickOff, 'patients'> {
  readonly hasPatients?: true;
}

/** What a status, a file or a list of exports needs to know of a kick-off: nothing that can be long but the client's limits. */
export type KickOffSummary = Omit<StoredKickOff, 'typeFilters' | 'elements' | 'notices'>;

/** One export as the API sees it. Instants are ISO text, UTC. */
export interface ExportSummary {
  readonly id: string;
  readonly state: ExportState;
  readonly kickOff: KickOffSummary;
  /** Who started it; `anonymous` with AUTH_MODE=none. */
  readonly subject: string;
  /** By which client, where clients have names. */
  readonly client?: string;
  /** Which of the clients that had this id one after the other, with AUTH_MODE=smart. */
  readonly clientGeneration?: string;
  /** How many slots that client has; absent: EXPORT_SLOTS. */
  readonly slots?: number;
  /** The slot it holds or held, e.g. `system/0`; absent while it waits for one. */
  readonly slot?: string;
  readonly requestedAt: string;
  /** What the export is exact at, ms precision; may be moved back once, while planning. */
  readonly transactionTime: string;
  /** Whether transactionTime is final: nothing will ever be stored at or before it again. */
  readonly settled: boolean;
  /** Folder of its files in the OutputStore: `<datetime>_<uuid>`. */
  readonly folder: string;
  readonly partsTotal: number;
  readonly partsCompleted: number;
  /** How many parts are completed when each stage is, ascending; parts of a stage wait for the ones before. */
  readonly stageEnds: readonly number[];
  /** GROUP_SINCE=include-new-members: some members joined after `_since`. */
  readonly hasJoinedMembers: boolean;
  /** The store had conditional references at transactionTime, and where they led is noted. */
  readonly followsSearches?: boolean;
  /** About how many resources it will hold; 0 until it is planned. */
  readonly resourcesEstimated: number;
  /** Set in `completed`. */
  readonly completedAt?: string;
  /** When the files vanish; set in `completed`. */
  readonly expiresAt?: string;
  /** The cause; set in `failed`. */
  readonly failure?: Issue;
}

/** One export as those see it who plan and write it. */
export interface Export extends ExportSummary {
  readonly kickOff: StoredKickOff;
  /** The conditional references that led to what its filters ask for, at transactionTime. */
  readonly aliases?: ReferenceAliases;
}

/** Which list of the manifest a file belongs to. */
export type OutputKind = 'output' | 'deleted' | 'error';

/** A file that a completed part wrote. */
export interface OutputFile {
  readonly kind: OutputKind;
  /** Resource type of its lines (`Bundle` for deleted, `OperationOutcome` for error). */
  readonly type: string;
  /** File name inside the export's folder, `<Type>-<part>-<n>.ndjson[.gz]`. */
  readonly name: string;
  /** Lines. */
  readonly count: number;
  /** Stored bytes. */
  readonly bytes: number;
  /** Of the stored bytes, lower-case hex. */
  readonly sha256: string;
}

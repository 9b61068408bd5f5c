/** How a setting is written in the environment; decides its check and its conversion. */
export type VariableKind =
  'string' | 'port' | 'integer' | 'boolean' | 'duration' | 'bytes' | 'url' | 'choice';

/** One setting of Sluice: the single source of its check, its default and its row in the docs. */
export interface Variable {
  readonly kind: VariableKind;
  readonly description: string;
  /** Text as it would stand in the environment; absent: no default. */
  readonly default?: string;
  /** For `choice`: the accepted words. */
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** For `duration`: the word `forever` is accepted too, and stays that word. */
  readonly orForever?: true;
  readonly required?: boolean;
}

/** A decoder gives meaning to lines whose meaning is a table, not a pattern: NVIDIA Xid, NVSwitch SXid. */
import type { CompiledTables } from '../../catalog/compiled.ts'
import type { Scope, Severity } from '../../model/finding.ts'

/** What a decoder read out of one line; the rule and its reason supply the rest. */
export interface Decoded {
  /** The reason per code, e.g. `NvidiaXID79Error`. */
  readonly reason: string
  /** The catalogue entry whose life cycle applies, e.g. `NvidiaXidError`. */
  readonly entry: string
  readonly severity: Severity
  readonly scope: Scope
  readonly code?: number
  readonly device?: string
  readonly message: string
  readonly group?: string
  /** True when the line says that the trouble is over. */
  readonly recovery?: boolean
}

/** Returns undefined when the line is not of its kind after all. Must be linear in the line and must not throw. */
export type Decoder = (text: string, tables: CompiledTables) => Decoded | undefined

/** Decoders by the name that `decode:` uses in the catalogue. */
export type Decoders = Readonly<Record<string, Decoder>>

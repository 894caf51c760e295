/** A contract case: calls as data, which two API servers must answer alike. */

export interface Step {
  /** Method and path, e.g. `GET /api/v1/nodes/{{case}}`. `{{case}}` and kept names are filled in. */
  readonly call: string
  readonly body?: unknown
  /** The body as text, for bodies that are no JSON. Used instead of `body`. */
  readonly text?: string
  /** Content type of the body; default JSON. */
  readonly type?: string
  readonly accept?: string
  /** Default: the admin's token. `none` sends none, anything else is sent as it is. */
  readonly token?: string
  readonly agent?: string
  /** Values kept for later steps: name → path in the answer, e.g. `{uid: 'metadata.uid'}`. */
  readonly keep?: Readonly<Record<string, string>>
  /** Reads the stream until so many events came, or it ended. */
  readonly events?: number
  /** Calls made, in order, once the stream is open. */
  readonly during?: readonly Step[]
  /** Only these paths of the answer count; absent: all of it. */
  readonly show?: readonly string[]
  /** These paths do not count, with the reason as value. */
  readonly ignore?: Readonly<Record<string, string>>
  /** Answers count only by status and reason: the wording is Go's own. */
  readonly brief?: true
}

export interface Case {
  readonly name: string
  readonly steps: readonly Step[]
}

/** A step's answer, normalised: uids, versions, times and tokens by order of appearance. */
export interface StepResult {
  readonly call: string
  readonly status: number
  readonly warnings?: readonly string[]
  readonly body: unknown
}
